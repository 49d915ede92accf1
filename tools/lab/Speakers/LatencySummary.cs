namespace Speech.Lab.Speakers;

/// <summary>Milliseconds.</summary>
internal sealed record LatencySummary(double Median, double P95, double Max)
{
    /// <summary>Null when there is nothing to sum up, or when a result came before what it is measured from.</summary>
    public static LatencySummary? Of(IReadOnlyCollection<TimeSpan?> latencies)
    {
        if (latencies.Count == 0 || latencies.Contains(null))
            return null;
        var sorted = latencies.Select(latency => latency!.Value.TotalMilliseconds).Order().ToArray();
        return new LatencySummary(At(sorted, 0.5), At(sorted, 0.95), sorted[^1]);
    }

    public override string ToString() => $"median {Median:F0} ms, p95 {P95:F0} ms, max {Max:F0} ms";

    // The nearest rank: the smallest value that at least this share of all do not exceed.
    private static double At(double[] sorted, double share) => sorted[(int)Math.Ceiling(share * sorted.Length) - 1];
}
