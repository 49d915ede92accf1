using System.Text.RegularExpressions;

namespace Speech.Supervisor;

/// <summary>What Redis may keep, as its <c>maxmemory</c> has it: 512mb, 2gb, a number of bytes; 0: no limit.</summary>
internal static partial class RedisMemory
{
    public const string Setting = "REDIS_MAXMEMORY";
    public const string Rule = "a number with b, kb, mb or gb, such as 512mb; 0 is no limit";

    private const long Least = 256 * 1024 * 1024;

    /// <summary>
    /// Of the memory of this machine, or of the container that we are in; rewriting its file, Redis may need as much again.
    /// </summary>
    private const int Share = 4;

    /// <summary>A quarter of the memory that there is, and at least 256 MB.</summary>
    public static string Default() => $"{Math.Max(Least, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / Share)}";

    public static bool IsValid(string size) => Size().IsMatch(size);

    [GeneratedRegex("^[0-9]{1,15}([kmg]b?|b)?$", RegexOptions.IgnoreCase)]
    private static partial Regex Size();
}
