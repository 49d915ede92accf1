using System.Buffers;
using System.Text.RegularExpressions;

namespace Speech.Evaluation;

/// <summary>
/// Whisper's normaliser of English text, for word error rates that can be compared with published ones: lower case; no punctuation, fillers
/// or bracketed remarks; contractions and titles spelled out; numbers as digits; American spelling. Apply it to what was said and to what
/// was heard.
/// <para>
/// It forgives more than style where numbers are concerned ("O" is 0, "two two" and "twenty two" are both 22, a row of digits is one word):
/// for spelled letters and digits use <see cref="BasicTextNormalizer"/>.
/// </para>
/// </summary>
/// <remarks>Source: openai/whisper, <c>normalizers/english.py</c>, and the paper's appendix C. Its rules in its order; the text is
/// trimmed.</remarks>
public static partial class EnglishTextNormalizer
{
    private static readonly SearchValues<char> NumericSymbols = SearchValues.Create(".%$¢€£");

    // In this order: the special ones before the general.
    private static readonly (Regex Pattern, string Replacement)[] Replacements =
    [
        .. Words("won't=will not", "can't=can not", "let's=let us", "ain't=aint", "y'all=you all", "wanna=want to", "gotta=got to",
            "gonna=going to", "i'ma=i am going to", "imma=i am going to", "woulda=would have", "coulda=could have", "shoulda=should have",
            "ma'am=madam"),
        .. Words(
            "mr=mister ", "mrs=missus ", "st=saint ", "dr=doctor ", "prof=professor ", "capt=captain ", "gov=governor ", "ald=alderman ",
            "gen=general ", "sen=senator ", "rep=representative ", "pres=president ", "rev=reverend ", "hon=honorable ", "asst=assistant ",
            "assoc=associate ", "lt=lieutenant ", "col=colonel ", "jr=junior ", "sr=senior ", "esq=esquire "),
        // Perfect tenses; "'s done" would be ambiguous.
        .. Endings(
            "'d been= had been", "'s been= has been", "'d gone= had gone", "'s gone= has gone", "'d done= had done", "'s got= has got"),
        .. Endings("n't= not", "'re= are", "'s= is", "'d= would", "'ll= will", "'t= not", "'ve= have", "'m= am"),
    ];

    public static string Normalize(string text)
    {
        text = BasicTextNormalizer.WithoutBrackets(text.ToLowerInvariant());
        text = Fillers().Replace(text, "");
        text = SpaceBeforeApostrophe().Replace(text, "'");
        foreach (var (pattern, replacement) in Replacements)
            text = pattern.Replace(text, replacement);

        text = CommaInNumber().Replace(text, "$1$2");
        text = FullStop().Replace(text, " $1");
        text = SymbolRemoval.RemoveSymbolsAndDiacritics(text, NumericSymbols);
        text = EnglishNumberNormalizer.Normalize(text);
        text = string.Join(' ', EnglishNumberNormalizer.Split(text).Select(EnglishSpelling.American));

        text = CurrencyBeforeNumber().Replace(text, "$1$2");
        text = PercentAfterNumber().Replace(text, "$1%");
        text = SymbolWithoutNumber().Replace(text, " $1");
        text = PercentWithoutNumber().Replace(text, "$1 ");
        return WhiteSpace().Replace(text, " ").Trim();
    }

    private static IEnumerable<(Regex, string)> Words(params string[] rules) => Rules(rules, @"\b{0}\b");

    private static IEnumerable<(Regex, string)> Endings(params string[] rules) => Rules(rules, @"{0}\b");

    private static IEnumerable<(Regex, string)> Rules(string[] rules, string pattern) =>
        from rule in rules
        let parts = rule.Split('=')
        select (new Regex(pattern.Replace("{0}", parts[0], StringComparison.Ordinal), RegexOptions.CultureInvariant), parts[1]);

    [GeneratedRegex(@"\b(hmm|mm|mhm|mmm|uh|um)\b")]
    private static partial Regex Fillers();

    [GeneratedRegex(@"\s+'")]
    private static partial Regex SpaceBeforeApostrophe();

    [GeneratedRegex(@"(\d),(\d)")]
    private static partial Regex CommaInNumber();

    [GeneratedRegex(@"\.([^0-9]|$)")]
    private static partial Regex FullStop();

    [GeneratedRegex(@"([$¢€£])\s+([0-9])")]
    private static partial Regex CurrencyBeforeNumber();

    [GeneratedRegex(@"([0-9])\s+%")]
    private static partial Regex PercentAfterNumber();

    [GeneratedRegex(@"[.$¢€£]([^0-9])")]
    private static partial Regex SymbolWithoutNumber();

    [GeneratedRegex(@"([^0-9])%")]
    private static partial Regex PercentWithoutNumber();

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
