using Speech.Contracts.Sessions;
using Speech.Gateway.Limits;

namespace Speech.Gateway.Sessions;

/// <summary>The sessions of this gateway: a bounded number of them, and one per client.</summary>
internal sealed class SessionRegistry(GatewayOptions options, TimeProvider time)
{
    private static readonly TimeSpan TakeoverTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ClientSession> _sessions = new(StringComparer.Ordinal);
    private readonly Counts _parties = new();

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
                        return new Ending(
                            CloseCode.AtCapacity, RetryHint.Append($"this server has its {options.MaxSessions} sessions", RetryAfter));
                    if (_parties.Of(session.Party.Key) >= MostOf(session.Party))
                        return new Ending(CloseCode.RateLimited, RetryHint.Append(
                            $"{(session.Party.IsAddress ? "your address has its" : "these credentials have their")} {MostOf(session.Party)} sessions here", RetryAfter));
                    _sessions.Add(session.ClientId, session);
                    _parties.Add(session.Party.Key);
                    return null;
                }
            }
            if (!previous.HasCredentialsOf(session))
                return ClientSession.NotItsOwn;
            previous.Supersede(session.Resumes);
            try
            {
                await previous.Completed.WaitAsync(TakeoverTimeout - time.GetElapsedTime(since), time, cancellationToken);
            }
            catch (Exception e) when (e is TimeoutException or ArgumentOutOfRangeException)
            {
                return new Ending(
                    CloseCode.AtCapacity, "the previous connection of this client_id is still being finished; retry after 1 s");
            }
        }
    }

    /// <summary>Ends a session whose client has come back elsewhere, if it is still here.</summary>
    public void Supersede(string clientId, string owner, bool resumes)
    {
        ClientSession? session;
        lock (_gate)
            _sessions.TryGetValue(clientId, out session);
        if (session?.Owner == owner)
            session.Supersede(resumes);
    }

    private int MostOf(LimitedParty party) =>
        (party.IsAddress ? options.MaxSessionsPerAddress : options.MaxSessionsPerKey) is > 0 and var most ? most : int.MaxValue;

    /// <summary>To be called before the session counts as completed.</summary>
    public void Leave(ClientSession session)
    {
        lock (_gate)
        {
            if (_sessions.TryGetValue(session.ClientId, out var present) && present == session)
            {
                _sessions.Remove(session.ClientId);
                _parties.Remove(session.Party.Key);
            }
        }
    }
}
