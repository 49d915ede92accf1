using Speech.Languages;

namespace Speech.Models.Nllb;

/// <summary>M2M100's 100 languages, ISO 639 codes in the order of their tokens.</summary>
/// <remarks>Source: huggingface/transformers, <c>tokenization_m2m_100.py</c>.</remarks>
public static class M2M100Languages
{
    private static readonly string[] Entries = """
        af am ar ast az ba be bg bn br bs ca ceb cs cy da de el en es et fa ff fi fr fy ga gd gl gu ha he hi hr ht hu hy id ig ilo is it ja
        jv ka kk km kn ko lb lg ln lo lt lv mg mk ml mn mr ms my ne nl no ns oc or pa pl ps pt ro ru sd si sk sl so sq sr ss su sv sw ta th
        tl tn tr uk ur uz vi wo xh yi yo zh zu
        """.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    public static IReadOnlyList<string> Codes => Entries;

    /// <summary>M2M100's code of a language given by it, by NLLB's or by ISO 639-1's; null when the model has no such language.</summary>
    public static string? Find(string code)
    {
        var wanted = code switch
        {
            "nb" or "nob_Latn" => "no",
            "nso_Latn" => "ns",
            "ast_Latn" or "ceb_Latn" or "ilo_Latn" => code[..3],
            _ => NllbTable.IsoCode(code) ?? code,
        };
        return Entries.Contains(wanted) ? wanted : null;
    }

    internal static int IndexOf(string code) => Array.IndexOf(Entries, code);
}
