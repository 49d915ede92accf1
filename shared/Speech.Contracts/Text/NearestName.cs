namespace Speech.Contracts.Text;

/// <summary>What a name that is not known was probably meant to be: <c>MAX_BATCHSIZE</c> for <c>MAX_BATCH_SIZE</c>.</summary>
public static class NearestName
{
    /// <summary>Longer names are not compared.</summary>
    private const int MaxLength = 64;

    /// <summary>The known name nearest to this one, when it is near: the same letters, or a few slips; else null.</summary>
    /// <param name="name">As it was given.</param>
    /// <param name="known">Those that it may mean.</param>
    /// <param name="lettersPerSlip">One slip is allowed for each so many letters, and at most three.</param>
    public static string? Find(string name, IEnumerable<string> known, int lettersPerSlip = 4)
    {
        if (name.Length is 0 or > MaxLength)
            return null;
        var letters = Letters(name);
        return (from candidate in known
                let candidateLetters = Letters(candidate)
                let slips = Distance(letters, candidateLetters)
                where slips <= Math.Min(3, Math.Min(letters.Length, candidateLetters.Length) / lettersPerSlip)
                orderby slips, candidate
                select candidate).FirstOrDefault();
    }

    private static string Letters(string name) => string.Concat(name.Where(char.IsAsciiLetterOrDigit).Select(char.ToLowerInvariant));

    /// <summary>Letters that are one too many, missing, wrong or swapped with the next (optimal string alignment).</summary>
    private static int Distance(string a, string b)
    {
        var (beforeLast, last, current) = (new int[b.Length + 1], new int[b.Length + 1], new int[b.Length + 1]);
        for (var j = 0; j <= b.Length; j++)
            last[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                current[j] = Math.Min(Math.Min(last[j], current[j - 1]) + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    current[j] = Math.Min(current[j], beforeLast[j - 2] + 1);
            }
            (beforeLast, last, current) = (last, current, beforeLast);
        }
        return last[b.Length];
    }
}
