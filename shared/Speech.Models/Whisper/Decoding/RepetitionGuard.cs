namespace Speech.Models.Whisper.Decoding;

/// <summary>
/// Whisper sometimes falls into a loop and repeats a phrase until its token limit. A run of the same few tokens this long is no speech; it is
/// found while it grows, so that it does not cost the rest of the limit, and all but the first round is cut.
/// </summary>
internal static class RepetitionGuard
{
    private const int LongestPhrase = 16;
    private const int FewestRounds = 5;
    private const int FewestTokens = 20;

    /// <summary>The tokens to keep if the sequence ends in a loop, else null.</summary>
    public static int? FindLoop(ReadOnlySpan<int> tokens)
    {
        for (var phrase = 1; phrase <= LongestPhrase; phrase++)
        {
            var needed = Math.Max(FewestTokens, FewestRounds * phrase);
            if (tokens.Length < needed)
                break;
            var run = phrase;
            while (run < tokens.Length && tokens[^(run + 1)] == tokens[^(run + 1 - phrase)])
                run++;
            if (run >= needed)
                return tokens.Length - run + phrase;
        }

        return null;
    }
}
