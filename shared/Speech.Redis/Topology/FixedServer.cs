namespace Speech.Redis;

/// <summary>A server that is always at the same address.</summary>
internal sealed class FixedServer(RedisEndpoint endpoint) : IServerLocator
{
    private readonly Task<RedisEndpoint> _endpoint = Task.FromResult(endpoint);

    public string Name { get; } = endpoint.ToString();

    public Task<RedisEndpoint> LocateAsync(CancellationToken cancellationToken) => _endpoint;

    public Task MovedAsync(RedisEndpoint server, CancellationToken cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken);
}
