using Speech.Contracts.Jobs;
using Speech.Delivery.Jobs;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Workers.Jobs;

/// <summary>An entry of the stream of jobs that was given to this worker.</summary>
/// <param name="Stream">That stream.</param>
/// <param name="Entry">The entry.</param>
/// <param name="Deliveries">How often it has been given out, this time included.</param>
public sealed record JobDelivery(JobStream Stream, StreamEntry Entry, long Deliveries)
{
    public StreamId Id => Entry.StreamId;

    /// <summary>The same for the end of the job.</summary>
    /// <param name="clientId">Whose it is; empty when the entry does not say.</param>
    public JobEntry Of(string clientId) => new(Stream, Id, clientId)
    {
        Deliveries = Deliveries,
        IsRetried = Entry.TryGet(DeadJobFields.Retried, out _),
    };
}
