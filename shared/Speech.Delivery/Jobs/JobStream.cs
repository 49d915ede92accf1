
namespace Speech.Delivery.Jobs;

/// <summary>A stream of jobs and the group of workers that serves it.</summary>
/// <param name="Key">The stream.</param>
/// <param name="Group">The consumer group.</param>
/// <param name="Shard">Where it lies, with all that its jobs' ends touch.</param>
public sealed record JobStream(string Key, string Group, RedisShard Shard)
{
    public static JobStream Audio { get; } = new(RedisKeys.AudioJobs, RedisKeys.SttWorkers, RedisShard.Whole);

    /// <summary>A translation job is queued when its transcript is released, so a translation never comes before that.</summary>
    public static JobStream Translations { get; } = new(RedisKeys.TranslationJobs, RedisKeys.TranslationWorkers, RedisShard.Whole);

    /// <summary>A shard's part of a whole stream.</summary>
    public JobStream In(RedisShard shard) => new(shard.Stream(Key), Group, shard);
}
