namespace Speech.Redis;

/// <summary>How much one reply may hold; a server (or whatever sits on its port) that claims more ends the connection.</summary>
public sealed record RespLimits
{
    public static RespLimits Default { get; } = new();

    /// <summary>Longest string in bytes.</summary>
    public int MaxBulkBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>All strings of one reply together, in bytes.</summary>
    public long MaxReplyBytes { get; init; } = 512L * 1024 * 1024;

    /// <summary>Longest line (simple string, error, number), in bytes.</summary>
    public int MaxLineBytes { get; init; } = 64 * 1024;

    /// <summary>All elements of all aggregates of one reply together; a map of n pairs counts 2n.</summary>
    public int MaxElements { get; init; } = 4 * 1024 * 1024;

    /// <summary>How deep aggregates may nest.</summary>
    public int MaxDepth { get; init; } = 32;
}
