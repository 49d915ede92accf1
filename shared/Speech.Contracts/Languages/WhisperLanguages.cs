using System.Collections.Frozen;
using Speech.Languages;

namespace Speech.Contracts.Languages;

/// <summary>
/// The languages that Whisper was trained on, by its own codes and by all the names that they go by.
/// </summary>
public static class WhisperLanguages
{
    /// <summary>See <see cref="WhisperTable"/>.</summary>
    public static IReadOnlyList<string> Codes => WhisperTable.Codes;

    private static readonly FrozenSet<string> Known = Codes.ToFrozenSet(StringComparer.Ordinal);

    // Where Whisper's code is not that of ISO 639-1, and spoken languages that it was trained on under another's name.
    private static readonly FrozenDictionary<string, string> Others = """
        jv=jw nb=no prs=fa azb=az
        arz=ar ary=ar acm=ar acq=ar aeb=ar ajp=ar apc=ar ars=ar
        """.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.Split('='))
        .ToFrozenDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    public static bool IsKnown(string code) => Known.Contains(code);

    /// <summary>
    /// Whisper's code for a language named in any way that <see cref="LanguageTag"/> reads (<c>en-US</c>, <c>cmn</c>); null when it has
    /// none.
    /// </summary>
    public static string? Find(string tag) =>
        LanguageTag.TryParse(tag, out var parsed) && Others.GetValueOrDefault(parsed.Language, parsed.Language) is var code && IsKnown(code)
            ? code : null;
}
