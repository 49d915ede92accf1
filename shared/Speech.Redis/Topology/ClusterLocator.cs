namespace Speech.Redis;

/// <summary>
/// Finds some node of a cluster that works, and asks it how the slots lie. Subscribers connect to it: the nodes pass what is published
/// on to one another. They do so as well as they can, so when the masters change, whoever listens has to reconnect and is told that
/// something may be missing.
/// </summary>
internal sealed class ClusterLocator(RedisOptions options) : IServerLocator
{
    private volatile IReadOnlyList<RedisEndpoint> _masters = [];

    public string Name { get; } = $"the cluster at {string.Join(',', options.Seeds)}";

    public async Task<RedisEndpoint> LocateAsync(CancellationToken cancellationToken) => (await ReadSlotsAsync(cancellationToken)).AnsweredBy;

    public async Task MovedAsync(RedisEndpoint server, CancellationToken cancellationToken)
    {
        var before = _masters.ToHashSet();
        while (true)
        {
            await Task.Delay(options.KeepAliveInterval, options.TimeProvider, cancellationToken);
            try
            {
                if (!before.SetEquals((await AskNodeAsync(server, cancellationToken)).Masters))
                    return;
            }
            catch (RedisConnectionException)
            {
                return; // it has lost the cluster: another node hears more
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Whether the connection is alive, it finds out by itself.
            }
        }
    }

    /// <summary>The slots as the first node that answers, and is itself connected to most of the cluster, sees them.</summary>
    public async Task<SlotMap> ReadSlotsAsync(CancellationToken cancellationToken)
    {
        var slots = await ServerQuestion.FirstAnswerAsync(_masters.Union(options.Seeds), AskNodeAsync, cancellationToken);
        _masters = [.. slots.Masters];
        return slots;
    }

    private async Task<SlotMap> AskNodeAsync(RedisEndpoint node, CancellationToken cancellationToken)
    {
        var replies = await ServerQuestion.AskAsync(options, node, [["CLUSTER", "INFO"], ["CLUSTER", "SLOTS"]], cancellationToken);
        return replies[0].RequiredString.Contains("cluster_state:ok", StringComparison.Ordinal)
            ? SlotMap.Read(replies[1], node)
            : throw new RedisConnectionException("this node says that the cluster is down (cluster_state:fail).", maybeExecuted: false);
    }
}
