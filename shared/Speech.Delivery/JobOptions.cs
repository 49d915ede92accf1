using Speech.Contracts.Server;

namespace Speech.Delivery;

/// <summary>How jobs, results and sessions are kept in Redis.</summary>
public sealed record JobOptions
{
    /// <summary>HISTORY_TTL_SECONDS: how long a client's results and session outlive the last sign of it. Whole seconds.</summary>
    public TimeSpan HistoryTtl { get; init; } = TimeSpan.FromHours(1);

    /// <summary>STREAM_SHARDS.</summary>
    public StreamShards Shards { get; init; } = StreamShards.One;

    /// <summary>Results of one client that are kept; about so many, older ones go.</summary>
    public int MaxHistoryEntries { get; init; } = 10_000;

    /// <summary>Jobs given up that are kept in each shard; about so many, older ones go.</summary>
    public int MaxDeadEntries { get; init; } = 10_000;

    /// <summary>MAX_DEAD_MB: bytes that these jobs may take in each shard; older ones go. One of them is always kept.</summary>
    public long MaxDeadBytes { get; init; } = 64L << 20;

    /// <summary>Translation jobs that may wait in each shard; with so many, transcripts are followed by failures instead.</summary>
    public int MaxTranslationJobs { get; init; } = 100_000;

    /// <summary>Interim jobs that may wait in each shard; older ones go, their segments have newer ones.</summary>
    public int MaxInterimJobs { get; init; } = 64;

    internal long HistoryTtlSeconds => (long)HistoryTtl.TotalSeconds;
}
