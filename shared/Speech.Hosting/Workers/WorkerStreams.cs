using Speech.Contracts;

namespace Speech.Hosting.Workers;

/// <summary>The streams that this worker reads, shard by shard.</summary>
public sealed class WorkerStreams(WorkerRole role, JobOptions options)
{
    public IReadOnlyList<JobStream> Jobs { get; } = [.. options.Shards.All.Select(role.Jobs.In)];

    public IReadOnlyList<JobStream> Others { get; } =
        [.. role.OtherStreams.SelectMany(stream => options.Shards.All.Select(shard => new JobStream(stream, role.Jobs.Group, RedisShard.Whole).In(shard)))];
}
