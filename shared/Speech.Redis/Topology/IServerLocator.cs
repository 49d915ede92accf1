namespace Speech.Redis;

/// <summary>Finds the server that a connection is to be made to, anew for each connection.</summary>
internal interface IServerLocator
{
    /// <summary>What is looked for, for messages.</summary>
    string Name { get; }

    Task<RedisEndpoint> LocateAsync(CancellationToken cancellationToken);

    /// <summary>Ends when a connection to this server is better given up, because another is the right one now.</summary>
    Task MovedAsync(RedisEndpoint server, CancellationToken cancellationToken);
}
