namespace Speech.Delivery.Dead;

/// <summary>What became of one job that was to be put back or deleted.</summary>
/// <param name="IsDone">Whether it was.</param>
/// <param name="Outcome">For people: what was done, or why nothing was.</param>
public readonly record struct DeadJobChange(bool IsDone, string Outcome)
{
    public static DeadJobChange Gone { get; } = new(false, "has gone since");
}
