namespace Speech.Gateway.Limits;

/// <summary>
/// Connections on their way to a session, or to a refusal, at each address: as many as it may have sessions, and some. More are turned away
/// before they cost anything, so that whoever only knocks does not keep others from the door.
/// </summary>
internal sealed class Arrivals(GatewayOptions options)
{
    // Where few sessions are allowed, refusals still need a moment each.
    private const int Least = 16;

    private readonly Lock _gate = new();
    private readonly Counts _counts = new();

    /// <param name="address">See <see cref="LimitedParty.NameOf"/>.</param>
    public bool TryBegin(string address)
    {
        lock (_gate)
        {
            if (options.MaxSessionsPerAddress > 0 && _counts.Of(address) >= Math.Max(Least, options.MaxSessionsPerAddress))
                return false;
            _counts.Add(address);
            return true;
        }
    }

    public void End(string address)
    {
        lock (_gate)
            _counts.Remove(address);
    }
}
