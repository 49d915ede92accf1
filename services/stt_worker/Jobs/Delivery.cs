using Speech.Redis;

namespace Speech.SttWorker;

/// <summary>An entry of the stream of jobs that was given to this worker.</summary>
/// <param name="Deliveries">How often it has been given out, this time included.</param>
internal sealed record Delivery(StreamEntry Entry, long Deliveries)
{
    public StreamId Id => Entry.Id;
}
