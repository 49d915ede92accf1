using System.Collections.Frozen;

namespace Speech.Contracts;

/// <summary>
/// The languages that Whisper was trained on, by its own codes, in the order of their tokens (openai/whisper, tokenizer.py).
/// Models before large-v3 know all but the last, and the <c>.en</c> models only English.
/// </summary>
public static class WhisperLanguages
{
    public static IReadOnlyList<string> Codes { get; } = """
        en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml cy sk
        te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo
        ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue
        """.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    private static readonly FrozenSet<string> Known = Codes.ToFrozenSet(StringComparer.Ordinal);

    // Where Whisper's code is not that of ISO 639-1, and spoken languages that it was trained on under another's name.
    private static readonly FrozenDictionary<string, string> Others = """
        jv=jw nb=no prs=fa azb=az
        arz=ar ary=ar acm=ar acq=ar aeb=ar ajp=ar apc=ar ars=ar
        """.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.Split('='))
        .ToFrozenDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    public static bool IsKnown(string code) => Known.Contains(code);

    /// <summary>Whisper's code for a language named in any way that <see cref="LanguageTag"/> reads (<c>en-US</c>, <c>cmn</c>); null when it has none.</summary>
    public static string? Find(string tag) =>
        LanguageTag.TryParse(tag, out var parsed) && Others.GetValueOrDefault(parsed.Language, parsed.Language) is var code && IsKnown(code) ? code : null;
}
