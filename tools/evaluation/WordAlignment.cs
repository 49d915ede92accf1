namespace Speech.Evaluation;

/// <summary>What happened to a word on its way from what was said to what was heard.</summary>
public enum WordEdit
{
    Match,
    Substitution,

    /// <summary>Heard, but not said.</summary>
    Insertion,

    /// <summary>Said, but not heard.</summary>
    Deletion,
}

/// <summary>One step of an alignment.</summary>
/// <param name="Reference">The word said; null for an insertion.</param>
/// <param name="Hypothesis">The word heard; null for a deletion.</param>
public readonly record struct AlignedWord(WordEdit Edit, string? Reference, string? Hypothesis);

/// <summary>
/// Aligns the words heard with the words said by the fewest edits (Levenshtein's distance on words, each edit costs 1). Words are equal
/// when all their characters are. Of several equally short alignments, the one with the most matches is taken, and of those the
/// one that matches earlier words of the reference first.
/// </summary>
public static class WordAlignment
{
    private const int MaxCells = 64 * 1024 * 1024;

    /// <summary>The words of a text, in the sense of this class: what lies between white space.</summary>
    public static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    /// <exception cref="ArgumentException">Both texts together are too long: their table would have more than 64 Mi cells.</exception>
    public static IReadOnlyList<AlignedWord> Align(IReadOnlyList<string> reference, IReadOnlyList<string> hypothesis)
    {
        var columns = hypothesis.Count + 1;
        if ((reference.Count + 1L) * columns > MaxCells)
            throw new ArgumentException(
                $"{reference.Count} and {hypothesis.Count} words are too many to be aligned at once; align them in parts.");

        // cost[i, j]: from the words after i of the reference to the words after j of the hypothesis. Built from the end, so that the walk
        // below goes forward. An edit costs more than all mismatches of a text together; a substitution costs a little more than another
        // edit, so that ties go to the alignment with more matches.
        var cost = new long[(reference.Count + 1) * columns];
        for (var i = reference.Count; i >= 0; i--)
        {
            for (var j = hypothesis.Count; j >= 0; j--)
                cost[i * columns + j] = Cheapest(i, j).Cost;
        }

        var aligned = new List<AlignedWord>(Math.Max(reference.Count, hypothesis.Count));
        for (int i = 0, j = 0; i < reference.Count || j < hypothesis.Count;)
        {
            var edit = Cheapest(i, j).Edit;
            aligned.Add(new AlignedWord(
                edit, edit == WordEdit.Insertion ? null : reference[i], edit == WordEdit.Deletion ? null : hypothesis[j]));
            i += edit == WordEdit.Insertion ? 0 : 1;
            j += edit == WordEdit.Deletion ? 0 : 1;
        }

        return aligned;

        (long Cost, WordEdit Edit) Cheapest(int i, int j)
        {
            const long Edit = 1L << 32;
            if (i == reference.Count)
                return (Edit * (hypothesis.Count - j), WordEdit.Insertion);
            if (j == hypothesis.Count)
                return (Edit * (reference.Count - i), WordEdit.Deletion);

            var cell = i * columns + j;
            var best = string.Equals(reference[i], hypothesis[j], StringComparison.Ordinal)
                ? (Cost: cost[cell + columns + 1], WordEdit.Match)
                : (Cost: cost[cell + columns + 1] + Edit + 1, WordEdit.Substitution);
            if (cost[cell + columns] + Edit < best.Cost)
                best = (cost[cell + columns] + Edit, WordEdit.Deletion);
            if (cost[cell + 1] + Edit < best.Cost)
                best = (cost[cell + 1] + Edit, WordEdit.Insertion);
            return best;
        }
    }
}
