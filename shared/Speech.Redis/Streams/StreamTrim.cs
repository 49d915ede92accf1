namespace Speech.Redis;

/// <summary>
/// How XADD and XTRIM shorten a stream. Approximate trimming ("~") removes only whole nodes of about a hundred entries and may
/// keep more than asked; it is the cheap one and the default.
/// </summary>
public readonly record struct StreamTrim
{
    private StreamTrim(string strategy, RedisArgument threshold, bool exact)
    {
        Strategy = strategy;
        Threshold = threshold;
        Exact = exact;
    }

    /// <summary>Keep the newest <paramref name="entries"/>.</summary>
    public static StreamTrim MaxLength(long entries, bool exact = false) => new("MAXLEN", entries, exact);

    /// <summary>Keep entries whose id is at least <paramref name="oldest"/>.</summary>
    public static StreamTrim MinId(StreamId oldest, bool exact = false) => new("MINID", oldest, exact);

    public bool Exact { get; }

    internal string Strategy { get; }

    internal RedisArgument Threshold { get; }
}
