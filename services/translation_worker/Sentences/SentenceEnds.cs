using System.Collections.Frozen;

namespace Speech.TranslationWorker.Sentences;

// A full stop ends a sentence unless it belongs to an abbreviation, an initial or a number, or a small letter follows. When in doubt it
// does not: two sentences in one are translated a little worse, half a sentence much worse. Marks of other scripts have no second meaning
// and need no space after them.

/// <summary>Where sentences end, in any of the languages.</summary>
internal static class SentenceEnds
{
    // Latin, Greek (its question mark is a semicolon), Arabic, Urdu, Armenian, Ethiopic.
    private const string NeedSpace = ".!?…;؟۔։።";

    // Chinese and Japanese, Devanagari and its neighbours, Burmese, Khmer, Tibetan.
    private const string StandAlone = "。！？｡︒।॥။៕།";

    private const string Closing = "\"'”’»›)]}」』）】";

    private static readonly FrozenSet<string> Abbreviations = """
        mr mrs ms dr prof st jr sr rev hon gen col capt lt sgt gov sen rep pres vs etc inc ltd co corp dept est fig figs vol pp ed eds approx ca cf al
        e.g i.e a.m p.m u.s u.k u.n ph.d no nos jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
        m mm mme mlle mgr me av bd chap env tél p.ex c.-à-d
        sra srta dra ud uds vd vds avda pág págs p.ej ee.uu
        hr fr frl nr str bzw usw vgl evtl ggf inkl zzgl tel abs z.b d.h u.a o.ä s.o s.u
        """.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// If a sentence of the text ends with the mark at a position: where what belongs to it ends (further marks, quotes, brackets); else
    /// -1.
    /// </summary>
    public static int After(ReadOnlySpan<char> text, int position, bool isGreek)
    {
        var mark = text[position];
        if (mark is '\n' or '\u2029')
            return position;
        var isAlone = StandAlone.Contains(mark);
        if (!isAlone && (!NeedSpace.Contains(mark) || (mark == ';' && !isGreek)))
            return -1;

        var end = position + 1;
        while (end < text.Length && (Closing.Contains(text[end]) || NeedSpace.Contains(text[end]) || StandAlone.Contains(text[end])))
        {
            isAlone |= StandAlone.Contains(text[end]);
            end++;
        }
        if (isAlone || end == text.Length)
            return end;
        if (!char.IsWhiteSpace(text[end]))
            return -1;
        return mark == '.' && !IsFullStop(text, position, end) ? -1 : end;
    }

    private static bool IsFullStop(ReadOnlySpan<char> text, int stop, int end)
    {
        var next = text[end..].TrimStart();
        if (next.Length == 0 || end > stop + 1)
            return true; // three dots, a quote
        if (char.IsLower(next[0]))
            return false;
        var word = LastWord(text[..stop]);
        if (word.Length == 0)
            return true;
        if (word.ContainsAnyExceptInRange('0', '9'))
            return !(word.Length == 1 && char.IsUpper(word[0]) && word[0] != 'I') && !IsAbbreviation(word, next);
        return word.Length > 2; // "am 3. Mai", but not "in 1999. Then"
    }

    private static bool IsAbbreviation(ReadOnlySpan<char> word, ReadOnlySpan<char> next)
    {
        // "No. 5", but "No. I don't."
        if (word.Equals("no", StringComparison.OrdinalIgnoreCase))
            return char.IsDigit(next[0]);
        return Abbreviations.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word);
    }

    private static ReadOnlySpan<char> LastWord(ReadOnlySpan<char> text)
    {
        var start = text.Length;
        while (start > 0 && !char.IsWhiteSpace(text[start - 1]) && !"(\"'«“„[".Contains(text[start - 1]))
            start--;
        return text[start..];
    }
}
