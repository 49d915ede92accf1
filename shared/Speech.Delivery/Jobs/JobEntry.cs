using Speech.Contracts.Jobs;
using Speech.Contracts.Sessions;
using Speech.Redis;

namespace Speech.Delivery.Jobs;

/// <summary>A job that a worker has been given.</summary>
/// <param name="Stream">Where it was read.</param>
/// <param name="Id">Its entry there.</param>
/// <param name="ClientId">Whose it is.</param>
public readonly record struct JobEntry(JobStream Stream, StreamId Id, string ClientId)
{
    /// <summary>How often it was given to a worker; noted with a job that is given up.</summary>
    public long Deliveries { get; init; }

    /// <summary>
    /// Whether a person has put it back after its client was told that it failed: see <see cref="DeadJobFields.Retried"/>.
    /// </summary>
    public bool IsRetried { get; init; }
}
