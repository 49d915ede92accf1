using Speech.Redis;

namespace Speech.Hosting.Workers;

/// <summary>An entry of the stream of jobs that was given to this worker.</summary>
/// <param name="Deliveries">How often it has been given out, this time included.</param>
public sealed record Delivery(StreamEntry Entry, long Deliveries)
{
    public StreamId Id => Entry.Id;
}
