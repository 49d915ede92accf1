using System.Collections.Frozen;
using Speech.Languages;

namespace Speech.Contracts.Languages;

/// <summary>
/// The languages that NLLB-200 translates into, by all the names that they go by: its codes (<see cref="NllbTable"/>), the
/// ISO 639-1 codes by which most people know them, and tags.
/// </summary>
public static class TranslationLanguages
{
    /// <summary>NLLB's 202 codes.</summary>
    public static IReadOnlyList<string> NllbCodes => NllbTable.Codes;

    private static readonly FrozenDictionary<string, string> NllbCodesByAnyCode = NllbCodes
        .Select(code => (Code: NllbTable.IsoCode(code) ?? code, Nllb: code))
        .Concat(NllbCodes.Select(code => (Code: code, Nllb: code)))
        .Concat([(Code: "no", Nllb: "nob_Latn"), (Code: "jw", Nllb: "jav_Latn"), (Code: "yue", Nllb: "yue_Hant")]) // Whisper's own names
        .DistinctBy(pair => pair.Code, StringComparer.OrdinalIgnoreCase)
        .ToFrozenDictionary(pair => pair.Code, pair => pair.Nllb, StringComparer.OrdinalIgnoreCase);

    // By language and script: fr-Latn, zh-Hant, ace-Arab.
    private static readonly FrozenDictionary<(string Language, string Script), string> NllbCodesByTag = NllbCodes
        .Select(code => (Nllb: code, Language: NllbTable.IsoCode(code) ?? code[..3]))
        .Concat([(Nllb: "nob_Latn", Language: "no"), (Nllb: "azb_Arab", Language: "az")])
        .DistinctBy(pair => (pair.Language, pair.Nllb[4..]))
        .ToFrozenDictionary(pair => (pair.Language, pair.Nllb[4..]), pair => pair.Nllb);

    // By language alone; where there are several scripts, the usual one.
    private static readonly FrozenDictionary<string, string> NllbCodesByLanguage =
        ((string[])["ace_Latn", "bjn_Latn", "taq_Latn", .. NllbCodes])
        .DistinctBy(code => code[..3])
        .ToFrozenDictionary(code => code[..3], StringComparer.Ordinal);

    public static bool IsKnown(string code) => ToNllbCode(code) is not null;

    /// <summary>
    /// NLLB's code for a language named by its own, by Whisper's, or in any way that <see cref="LanguageTag"/> reads (<c>pt-BR</c>,
    /// <c>zh-TW</c>); null when it has no such language, or does not write it in the script that is named.
    /// </summary>
    public static string? ToNllbCode(string code) =>
        NllbCodesByAnyCode.TryGetValue(code, out var known) ? known
        : !LanguageTag.TryParse(code, out var tag) ? null
        : tag.Script is null ? NllbCodesByAnyCode.GetValueOrDefault(tag.Language) ?? NllbCodesByLanguage.GetValueOrDefault(tag.Language)
        : NllbCodesByTag.GetValueOrDefault((tag.Language, ScriptOf(tag)));

    /// <summary>Other codes of a language given by NLLB's.</summary>
    public static IEnumerable<string> AliasesOf(string nllbCode) =>
        from pair in NllbCodesByAnyCode
        where pair.Value == nllbCode && pair.Key != nllbCode
        orderby pair.Key
        select pair.Key;

    // ISO 15924 has names for the usual mixtures, which NLLB writes by their part that tells them apart.
    private static string ScriptOf(LanguageTag tag) => tag.Script switch
    {
        "Kore" => "Hang",
        "Hani" when tag.Language == "zh" => "Hans",
        var script => script!,
    };
}
