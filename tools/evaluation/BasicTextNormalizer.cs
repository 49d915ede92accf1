using System.Text.RegularExpressions;

namespace Speech.Evaluation;

/// <summary>
/// Text as a row of lower-case words for comparing transcripts in any language: what is in brackets goes, punctuation and symbols become
/// spaces. Numbers stay as they were said. The one to use for spelled letters and digits (nano.en's domain): the English normaliser takes
/// "O", "oh" and "zero" for the same and writes "six two four" as one word, and so would hide or merge errors there.
/// </summary>
/// <remarks>Source: openai/whisper, <c>normalizers/basic.py</c>.</remarks>
public static partial class BasicTextNormalizer
{
    public static string Normalize(string text)
    {
        text = WithoutBrackets(text.ToLowerInvariant());
        return WhiteSpace().Replace(SymbolRemoval.RemoveSymbols(text).ToLowerInvariant(), " ").Trim();
    }

    /// <summary>Without what transcribers put between brackets: [laughs], &lt;unk&gt;, (inaudible).</summary>
    internal static string WithoutBrackets(string text) => Parenthesised().Replace(Bracketed().Replace(text, ""), "");

    [GeneratedRegex(@"[<\[][^>\]]*[>\]]")]
    private static partial Regex Bracketed();

    [GeneratedRegex(@"\(([^)]+?)\)")]
    private static partial Regex Parenthesised();

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
