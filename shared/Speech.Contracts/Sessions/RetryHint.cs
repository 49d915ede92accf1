using System.Globalization;
using System.Text.RegularExpressions;

namespace Speech.Contracts.Sessions;

/// <summary>
/// When to come back, at the end of a close frame's reason: "…; retry after 7 s". For people and programs; what HTTP has its header
/// Retry-After for.
/// </summary>
public static partial class RetryHint
{
    /// <param name="reason">Short enough to leave room for it.</param>
    /// <param name="wait">Whole seconds, rounded up.</param>
    public static string Append(string reason, TimeSpan wait) =>
        string.Create(CultureInfo.InvariantCulture, $"{reason}; retry after {Math.Ceiling(wait.TotalSeconds):F0} s");

    /// <summary>The wait that a reason ends with; null when it has none.</summary>
    public static TimeSpan? Find(string? reason) => Hint().Match(reason ?? "") is { Success: true } hint
        ? TimeSpan.FromSeconds(int.Parse(hint.Groups["seconds"].ValueSpan, CultureInfo.InvariantCulture))
        : null;

    [GeneratedRegex("retry after (?<seconds>[0-9]{1,5}) s$")]
    private static partial Regex Hint();
}
