namespace Speech.Cli.Fleet;

/// <summary>What lies on a stream of jobs.</summary>
/// <param name="Depth">Entries, those being worked on included.</param>
/// <param name="Pending">Entries given to a worker and not acknowledged.</param>
/// <param name="Dead">Entries given up.</param>
internal sealed record QueueState(long Depth, long Pending, long Dead)
{
    public static QueueState operator +(QueueState one, QueueState other) =>
        new(one.Depth + other.Depth, one.Pending + other.Pending, one.Dead + other.Dead);

    public override string ToString() => $"{Depth} waiting or in work, {Pending} unacknowledged, {Dead} given up";
}
