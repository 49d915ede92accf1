namespace Speech.Supervisor.Parts;

/// <summary>
/// Waits between restarts: "decorrelated jitter", each drawn between 500 ms and three times the last, at most 30 s, so that parts which
/// failed together do not come back together. A part that was healthy for a minute starts over.
/// </summary>
internal sealed class RestartBackoff
{
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(500);
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan Recovered = TimeSpan.FromSeconds(60);

    private TimeSpan _last = Shortest;

    public TimeSpan Next(TimeSpan healthy)
    {
        if (healthy >= Recovered)
            _last = Shortest;
        var upper = TimeSpan.FromTicks(Math.Min(Longest.Ticks, 3 * _last.Ticks));
        return _last = Shortest + (upper - Shortest) * Random.Shared.NextDouble();
    }
}
