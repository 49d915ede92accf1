using Speech.Delivery;
using Speech.Delivery.Jobs;

namespace Speech.Workers.Jobs;

/// <summary>The streams that this worker reads, shard by shard.</summary>
public sealed class WorkerStreams(WorkerRole role, JobOptions options)
{
    public IReadOnlyList<JobStream> Jobs { get; } = [.. options.Shards.All.Select(role.Jobs.In)];

    public IReadOnlyList<JobStream> Others { get; } =
        [.. role.OtherStreams.SelectMany(
            stream => options.Shards.All.Select(shard => new JobStream(stream, role.Jobs.Group, RedisShard.Whole).In(shard)))];

    /// <summary>
    /// Runs a loop for each of these streams, for reads that wait do so at one node of a cluster. If one breaks, so do the others.
    /// </summary>
    public static async Task ReadAllAsync(
        IReadOnlyList<JobStream> streams, Func<JobStream, CancellationToken, Task> read, CancellationToken cancellationToken)
    {
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = streams.Select(stream => read(stream, broken.Token)).ToList();
        try
        {
            await await Task.WhenAny(reading);
        }
        finally
        {
            await broken.CancelAsync();
            await Task.WhenAll(reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
