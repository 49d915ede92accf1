using Speech.Contracts;
using Speech.Redis;

namespace Speech.Hosting.Workers;

/// <summary>An entry of the stream of jobs that was given to this worker.</summary>
/// <param name="Deliveries">How often it has been given out, this time included.</param>
public sealed record Delivery(StreamEntry Entry, long Deliveries)
{
    public StreamId Id => Entry.Id;

    /// <summary>The same for the end of the job.</summary>
    /// <param name="stream">Where it was read.</param>
    /// <param name="clientId">Whose it is; empty when the entry does not say.</param>
    public JobEntry In(JobStream stream, string clientId) => new(stream, Id, clientId)
    {
        Deliveries = Deliveries,
        IsRetried = Entry.Fields.TryGet(DeadJobFields.Retried, out _),
    };
}
