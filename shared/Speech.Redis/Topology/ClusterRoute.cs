namespace Speech.Redis;

/// <summary>What a command in a cluster carries with it, as it may have to go from node to node.</summary>
internal sealed class ClusterRoute(ClusterSender cluster, int slot)
{
    // A slot that moves costs one or two. Nodes that each take another for the master, which a failover may bring about for a moment,
    // are left to the caller's patience.
    private const int MaxRedirections = 5;

    private int _redirections;
    private bool _asking;

    /// <summary>Where its keys lie; <see cref="CommandKeys.AnySlot"/> when it has none.</summary>
    public int Slot { get; } = slot;

    /// <summary>Follows a redirection. False when the error is something else, or there were too many.</summary>
    public bool TrySendOn(PendingCommand command, string error, RedisEndpoint from)
    {
        if (_redirections == MaxRedirections || !Redirection.TryParse(error, from, out var redirection))
            return false;
        _redirections++;
        _asking = redirection.IsAsk;
        return cluster.TryRedirect(command, redirection);
    }

    /// <summary>Whether ASKING has to go before the command, this time.</summary>
    public bool TakeAsking()
    {
        var asking = _asking;
        _asking = false;
        return asking;
    }
}
