namespace Speech.Lab.Chaos;

/// <summary>The faults of a run: the same for the same seed, so that what went wrong can be made to go wrong again.</summary>
internal static class FaultSchedule
{
    /// <summary>Mean of a little under 7 s: more than 250 in half an hour.</summary>
    private const double ShortestGapSeconds = 2;
    private const double LongestGapSeconds = 11;

    /// <summary>Long enough that clients, heartbeats and handovers have to give up waiting.</summary>
    private const double LongestFreezeSeconds = 6;

    /// <param name="parts">Of the deployment, "redis" among them; if there are none, only clients are harmed.</param>
    /// <param name="clients">How many there are.</param>
    public static IReadOnlyList<Fault> Make(int seed, TimeSpan duration, IReadOnlyList<string> parts, int clients)
    {
        var random = new Random(seed);
        var faults = new List<Fault>();
        for (var at = Gap(); at < duration; at += Gap())
        {
            if (parts.Count == 0)
            {
                faults.Add(CutClient(at));
                continue;
            }
            var part = parts[random.Next(parts.Count)];
            var freeze = TimeSpan.FromSeconds(0.2 + random.NextDouble() * (LongestFreezeSeconds - 0.2));
            faults.Add(random.Next(10) switch
            {
                < 3 => new Fault(at, FaultKind.Kill, part, TimeSpan.Zero),
                < 5 => new Fault(at, FaultKind.Freeze, part, freeze),
                < 6 => new Fault(at, part == IDeployment.Redis ? FaultKind.CutRedis : FaultKind.Stop, part, TimeSpan.Zero),
                < 9 => CutClient(at),
                _ => new Fault(at, random.Next(2) == 0 ? FaultKind.CutRedis : FaultKind.FlushScripts, IDeployment.Redis, TimeSpan.Zero),
            });
        }
        return faults;

        Fault CutClient(TimeSpan at) => new(at, FaultKind.CutClient, $"{random.Next(clients)}", TimeSpan.Zero);
        TimeSpan Gap() => TimeSpan.FromSeconds(ShortestGapSeconds + random.NextDouble() * (LongestGapSeconds - ShortestGapSeconds));
    }
}
