using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Speech.Evaluation;

/// <summary>
/// Replaces marks, symbols and punctuation with spaces. The original decomposes its text first (NFKD); .NET does not normalise Unicode in
/// invariant globalisation mode, so that the letters that matter for English text, Latin ones with diacritics, and a few compatibility
/// characters are listed here. Decomposed text needs no list: its combining marks are dropped.
/// </summary>
/// <remarks>Source: openai/whisper, <c>normalizers/basic.py</c>; letters by the Unicode Character Database.</remarks>
internal static class SymbolRemoval
{
    // The plain letters and all that become them.
    private static readonly FrozenDictionary<char, string> PlainLetters = Letters(
        ("a", "àáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặª"), ("ae", "æǣǽ"), ("b", "ḃḅḇ"), ("c", "çćĉċčḉ"), ("d", "ðďđḋḍḏḑḓ"), ("dz", "ǆǳ"),
        ("e", "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ"), ("f", "ḟ"), ("g", "ĝğġģǧǵḡ"), ("h", "ĥȟḣḥḧḩḫẖ"), ("i", "ìíîïĩīĭįǐȉȋḭḯỉị"), ("ij", "ĳ"),
        ("j", "ĵǰ"),
        ("k", "ķǩḱḳḵ"), ("l", "ĺļľłḷḹḻḽ"), ("lj", "ǉ"), ("m", "ḿṁṃ"), ("n", "ñńņňǹṅṇṉṋ"), ("nj", "ǌ"),
        ("o", "òóôõöøōŏőơǒǫǭǿȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợº"), ("oe", "œ"), ("p", "ṕṗ"), ("r", "ŕŗřȑȓṙṛṝṟ"), ("s", "śŝşšſșṡṣṥṧṩẛ"), ("ss", "ßẞ"),
        ("t", "ţťțṫṭṯṱẗ"), ("th", "þ"), ("u", "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự"), ("v", "ṽṿ"), ("w", "ŵẁẃẅẇẉẘ"), ("x", "ẋẍ"),
        ("y", "ýÿŷȳẏẙỳỵỷỹ"),
        ("z", "źżžẑẓẕ"));

    private static readonly FrozenDictionary<char, string> CompatibilityForms = Letters(
        ("ff", "ﬀ"), ("ffi", "ﬃ"), ("ffl", "ﬄ"), ("fi", "ﬁ"), ("fl", "ﬂ"), ("1", "¹"), ("2", "²"), ("3", "³"), ("1⁄4", "¼"), ("1⁄2", "½"),
        ("3⁄4", "¾"), ("...", "…"), ("tm", "™"));

    /// <summary>Keeps letters as they are, diacritics included.</summary>
    public static string RemoveSymbols(string text) => Remove(text, diacritics: false, SearchValues.Create(""));

    /// <param name="text">Lower case.</param>
    /// <param name="keep">Symbols to be kept.</param>
    public static string RemoveSymbolsAndDiacritics(string text, SearchValues<char> keep) => Remove(text, diacritics: true, keep);

    private static string Remove(string text, bool diacritics, SearchValues<char> keep)
    {
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (!rune.IsBmp)
            {
                Append(rune, IsSymbol(Rune.GetUnicodeCategory(rune)));
                continue;
            }

            var c = (char)rune.Value;
            // ASCII's full-width twins.
            if (c is >= '\uff01' and <= '\uff5e')
                c = (char)(c - '\uff01' + '!');
            if (CompatibilityForms.TryGetValue(c, out var forms) || (diacritics && PlainLetters.TryGetValue(c, out forms)))
            {
                foreach (var form in forms)
                    Append(new Rune(form), IsSymbol(CharUnicodeInfo.GetUnicodeCategory(form)) && !keep.Contains(form));
            }
            else
            {
                var category = CharUnicodeInfo.GetUnicodeCategory(c);
                if (!diacritics || category != UnicodeCategory.NonSpacingMark)
                    Append(new Rune(c), IsSymbol(category) && !keep.Contains(c));
            }
        }

        return result.ToString();

        void Append(Rune rune, bool asSpace) => result.Append(asSpace ? " " : rune.ToString());
    }

    private static FrozenDictionary<char, string> Letters(params ReadOnlySpan<(string Plain, string Letters)> table)
    {
        var map = new Dictionary<char, string>();
        foreach (var (plain, letters) in table)
        {
            foreach (var letter in letters)
                map.Add(letter, plain);
        }

        return map.ToFrozenDictionary();
    }

    /// <summary>Unicode's categories M*, S* and P*.</summary>
    private static bool IsSymbol(UnicodeCategory category) => category is
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
        or UnicodeCategory.MathSymbol or UnicodeCategory.CurrencySymbol or UnicodeCategory.ModifierSymbol or UnicodeCategory.OtherSymbol
        or UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation
        or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation
        or UnicodeCategory.OtherPunctuation;
}
