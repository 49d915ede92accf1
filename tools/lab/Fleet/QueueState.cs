namespace Speech.Lab.Fleet;

/// <summary>What lies on a stream of jobs.</summary>
/// <param name="Depth">Entries, those being worked on included.</param>
/// <param name="Pending">Entries given to a worker and not acknowledged; null where that is not told.</param>
/// <param name="Dead">Entries given up; null where that is not told.</param>
internal sealed record QueueState(long Depth, long? Pending, long? Dead)
{
    public bool IsEmpty => this is { Depth: 0, Pending: 0 or null, Dead: 0 or null };

    public static QueueState operator +(QueueState one, QueueState other) =>
        new(one.Depth + other.Depth, one.Pending + other.Pending, one.Dead + other.Dead);

    public override string ToString() => $"{Depth} waiting or in work, {Count(Pending)} unacknowledged, {Count(Dead)} given up";

    private static string Count(long? number) => number is { } known ? $"{known}" : "an unknown number";
}
