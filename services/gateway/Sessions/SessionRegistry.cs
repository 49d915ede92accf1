using Speech.Contracts;

namespace Speech.Gateway.Sessions;

/// <summary>The sessions of this gateway: a bounded number of them, and one per client.</summary>
internal sealed class SessionRegistry(GatewayOptions options, TimeProvider time)
{
    private static readonly TimeSpan TakeoverTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ClientSession> _sessions = new(StringComparer.Ordinal);

    /// <summary>Counting those that only wait for Redis to take their last segments.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _sessions.Count;
        }
    }

    /// <summary>
    /// Lets a session in. A connection that the same client still has here (it may not have noticed that the old one broke) ends
    /// first, so that the new one goes on where that one's audio ended.
    /// </summary>
    /// <returns>Why it is refused; null when it is in.</returns>
    public async Task<Ending?> EnterAsync(ClientSession session, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            ClientSession? previous;
            lock (_gate)
            {
                if (!_sessions.TryGetValue(session.ClientId, out previous))
                {
                    if (_sessions.Count >= options.MaxSessions)
                        return new Ending(CloseCode.AtCapacity, RetryHint.Append($"this server has its {options.MaxSessions} sessions", RetryAfter));
                    if (!HasRoomFor(session))
                        return new Ending(
                            CloseCode.RateLimited, RetryHint.Append($"these credentials have their {options.MaxSessionsPerKey} sessions here", RetryAfter));
                    _sessions.Add(session.ClientId, session);
                    return null;
                }
            }
            previous.End(CloseCode.ResourceUnavailable, "another connection has taken over this client_id");
            try
            {
                await previous.Completed.WaitAsync(TakeoverTimeout - time.GetElapsedTime(since), time, cancellationToken);
            }
            catch (Exception e) when (e is TimeoutException or ArgumentOutOfRangeException)
            {
                return new Ending(CloseCode.AtCapacity, "the previous connection of this client_id is still being finished; retry after 1 s");
            }
        }
    }

    private bool HasRoomFor(ClientSession session) =>
        session.Key is null || options.MaxSessionsPerKey == 0
        || _sessions.Values.Count(present => present.Key == session.Key) < options.MaxSessionsPerKey;

    /// <summary>To be called before the session counts as completed.</summary>
    public void Leave(ClientSession session)
    {
        lock (_gate)
        {
            if (_sessions.TryGetValue(session.ClientId, out var present) && present == session)
                _sessions.Remove(session.ClientId);
        }
    }
}
