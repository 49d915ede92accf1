using System.Globalization;

namespace Speech.Evaluation;

/// <summary>How many words went wrong; sums over texts by <c>+</c>.</summary>
/// <param name="Words">Words said.</param>
/// <param name="Substitutions">Other words were heard in their place.</param>
/// <param name="Insertions">Words heard that were not said.</param>
/// <param name="Deletions">Words said that were not heard.</param>
public readonly record struct WordErrorRate(int Words, int Substitutions, int Insertions, int Deletions)
{
    public int Errors => Substitutions + Insertions + Deletions;

    /// <summary>Errors per word said: 0 is perfect, and it can exceed 1. Where nothing was said: 0, or 1 if something was heard.</summary>
    public double Rate => Words > 0 ? Errors / (double)Words : Errors > 0 ? 1 : 0;

    public static WordErrorRate operator +(WordErrorRate left, WordErrorRate right) => new(
        left.Words + right.Words,
        left.Substitutions + right.Substitutions,
        left.Insertions + right.Insertions,
        left.Deletions + right.Deletions);

    public static WordErrorRate Add(WordErrorRate left, WordErrorRate right) => left + right;

    /// <param name="reference">What was said.</param>
    /// <param name="hypothesis">What was heard.</param>
    public static WordErrorRate Of(string reference, string hypothesis) =>
        Of(WordAlignment.Align(WordAlignment.Words(reference), WordAlignment.Words(hypothesis)));

    public static WordErrorRate Of(IEnumerable<AlignedWord> alignment)
    {
        var rate = default(WordErrorRate);
        foreach (var (edit, _, _) in alignment)
        {
            rate += edit switch
            {
                WordEdit.Match => new WordErrorRate(1, 0, 0, 0),
                WordEdit.Substitution => new WordErrorRate(1, 1, 0, 0),
                WordEdit.Insertion => new WordErrorRate(0, 0, 1, 0),
                _ => new WordErrorRate(1, 0, 0, 1),
            };
        }

        return rate;
    }

    /// <summary>As people write it: "2.3 % (7 of 304 words: 5 wrong, 1 extra, 1 missing)".</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{100 * Rate:F2} % ({Errors} of {Words} words: {Substitutions} wrong, {Insertions} extra, {Deletions} missing)");
}
