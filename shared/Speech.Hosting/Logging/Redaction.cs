using System.Text.RegularExpressions;

namespace Speech.Hosting.Logging;

/// <summary>
/// Takes secrets out of text that is about to be printed: passwords in URLs, tokens in queries and headers. A last defence: code
/// should not log them in the first place.
/// </summary>
public static partial class Redaction
{
    public static string Redact(string text) => Secret().Replace(text, "${kept}***");

    // What comes before a secret, kept, and the secret itself: redis://user:SECRET@host, token=SECRET, Bearer SECRET.
    [GeneratedRegex(
        """
        (?<kept> ://[^\s:/@]*: )  [^\s@/]+ (?=@) |
        (?<kept> (?:\b|_)(?:token|api[_-]?key|password|secret)["']?\s*[=:]\s*["']? )  [^\s&"',;}]+ |
        (?<kept> \bBearer\s+ )  [A-Za-z0-9._~+/=-]+
        """,
        RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Secret();
}
