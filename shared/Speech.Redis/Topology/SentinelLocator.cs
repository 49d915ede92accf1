namespace Speech.Redis;

/// <summary>
/// Finds a master by asking sentinels (Redis documentation, "Guidelines for Redis clients with support for Sentinel"): the first who
/// names a server that says of itself, by ROLE, that it is a master, is believed. A failover closes the connections to the old master,
/// or finds it dead or refusing writes as a replica (see <see cref="RespConnection"/>); the sentinels are then asked again. They are also
/// asked now and then while all seems well, for an old master that is cut off from them, but not from us, notices nothing.
/// </summary>
internal sealed class SentinelLocator(RedisOptions options) : IServerLocator
{
    private readonly RedisOptions _sentinelOptions = options with
    {
        Username = options.SentinelUsername,
        Password = options.SentinelPassword,
        Database = 0,
    };

    public string Name { get; } = $"the master '{options.MasterName}'";

    public Task<RedisEndpoint> LocateAsync(CancellationToken cancellationToken) =>
        ServerQuestion.FirstAnswerAsync(options.Seeds, AskSentinelAsync, cancellationToken);

    public async Task MovedAsync(RedisEndpoint server, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(options.KeepAliveInterval, options.TimeProvider, cancellationToken);
            try
            {
                if (await LocateAsync(cancellationToken) != server)
                    return;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Without a sentinel that knows better, the connection is as good as it was.
            }
        }
    }

    private async Task<RedisEndpoint> AskSentinelAsync(RedisEndpoint sentinel, CancellationToken cancellationToken)
    {
        var reply = (await ServerQuestion.AskAsync(
            _sentinelOptions, sentinel, [["SENTINEL", "GET-MASTER-ADDR-BY-NAME", options.MasterName!]], cancellationToken))[0];
        if (reply.IsNull)
            throw new RedisConnectionException($"this sentinel watches no master named '{options.MasterName}'.", maybeExecuted: false);
        var master = new RedisEndpoint(reply.RequiredItems(2)[0].RequiredString, checked((int)reply[1].AsInt64()));

        var role = (await ServerQuestion.AskAsync(options, master, [["ROLE"]], cancellationToken))[0].RequiredItems(1)[0].RequiredString;
        return role == "master" ? master : throw new RedisConnectionException(
            $"{master}, which this sentinel takes for the master, is a {role}.", maybeExecuted: false);
    }
}
