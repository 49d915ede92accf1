using System.Buffers;
using System.Globalization;
using System.Text;

namespace Speech.Contracts.Text;

/// <summary>
/// Text of others (clients, servers, Redis, files) on its way to a log, a terminal or a close frame: what would begin a line, steer a
/// terminal or turn the order of letters around is written as <c>\u001b</c>, so that it is seen and does nothing. Inside a string of JSON
/// that is the same string.
/// </summary>
public static class PlainText
{
    // C0, DEL and C1; the line and paragraph separators; marks that turn the order of what follows around (Unicode UAX 9), and the byte
    // order mark.
    private const string OthersToEscape = "\u007f\u061c\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff";

    private static readonly SearchValues<char> ToEscape = SearchValues.Create(
        OthersToEscape + string.Concat(Enumerable.Range(0, 0x20).Concat(Enumerable.Range(0x80, 0x20)).Select(code => (char)code)));

    private static readonly SearchValues<char> ToEscapeInLines = SearchValues.Create(
        OthersToEscape
            + string.Concat(Enumerable.Range(0, 0x20).Concat(Enumerable.Range(0x80, 0x20)).Select(code => (char)code).Except("\t\n")));

    /// <summary>As one line; the same text, when nothing in it needs an escape.</summary>
    public static string Escape(string text) => text.AsSpan().ContainsAny(ToEscape) ? Escaped(text, ToEscape) : text;

    /// <summary>As lines: line feeds and tabs stay, and CR LF is a line feed.</summary>
    public static string EscapeLines(string text) =>
        text.AsSpan().ContainsAny(ToEscapeInLines) ? Escaped(text.Replace("\r\n", "\n", StringComparison.Ordinal), ToEscapeInLines) : text;

    /// <summary>As one line of at most so many letters, and a sign that there were more.</summary>
    /// <param name="text">What to show.</param>
    /// <param name="maxLength">Of its own letters, before they are escaped.</param>
    public static string Shorten(string text, int maxLength)
    {
        if (text.Length <= maxLength)
            return Escape(text);
        var end = char.IsHighSurrogate(text[maxLength - 1]) ? maxLength - 1 : maxLength; // not between the halves of a character
        return Escape(text[..end]) + "…";
    }

    private static string Escaped(ReadOnlySpan<char> text, SearchValues<char> toEscape)
    {
        var escaped = new StringBuilder(text.Length + 16);
        while (text.IndexOfAny(toEscape) is >= 0 and var at)
        {
            escaped.Append(text[..at]).Append(CultureInfo.InvariantCulture, $"\\u{(int)text[at]:x4}");
            text = text[(at + 1)..];
        }
        return escaped.Append(text).ToString();
    }
}
