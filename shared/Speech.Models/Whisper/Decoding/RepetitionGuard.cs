namespace Speech.Models.Whisper.Decoding;

/// <summary>
/// Whisper sometimes falls into a loop and repeats a phrase until its token limit. A run of the same few tokens this long is no speech; it
/// is found while it grows, so that it does not cost the rest of the limit, and all but the first round is cut. Once there are more tokens
/// than the sound has time for, a few rounds will do.
/// </summary>
internal static class RepetitionGuard
{
    private const int LongestPhrase = 16;
    private const int FewestRounds = 5;
    private const int FewestTokens = 20;
    private const int FewestRoundsInHaste = 3;
    private const int FewestTokensInHaste = 4;

    // Fast talkers have 8; languages that Whisper's vocabulary takes apart into bytes, up to 20, but they do not then say everything three
    // times.
    private const int TokensPerSecond = 10;

    // Of a sound that was cut, such as an interim result's, more may be guessed than is in it.
    private const int TokensBesides = 5;

    /// <summary>The tokens to keep if the sequence ends in a loop, else null.</summary>
    /// <param name="tokens">Sampled so far.</param>
    /// <param name="seconds">Of sound in the window.</param>
    public static int? FindLoop(ReadOnlySpan<int> tokens, double seconds)
    {
        var inHaste = IsMoreThanFits(tokens.Length, seconds);
        var fewestRounds = inHaste ? FewestRoundsInHaste : FewestRounds;
        var fewestTokens = inHaste ? FewestTokensInHaste : FewestTokens;
        for (var phrase = 1; phrase <= LongestPhrase; phrase++)
        {
            var needed = Math.Max(fewestTokens, fewestRounds * phrase);
            if (tokens.Length < needed)
                break;
            var run = Run(tokens, phrase);
            if (run >= needed)
                return tokens.Length - run + phrase;
        }

        return null;
    }

    /// <summary>
    /// Whether something is said three times in a row, or a phrase of two tokens or more twice. People do say such things: it is a reason
    /// to listen again in another way, not to cut.
    /// </summary>
    public static bool HasRepeats(ReadOnlySpan<int> tokens)
    {
        for (var end = 3; end <= tokens.Length; end++)
        {
            for (var phrase = 1; phrase <= LongestPhrase && 2 * phrase <= end; phrase++)
            {
                if (Run(tokens[..end], phrase) >= Math.Max(3, 2 * phrase))
                    return true;
            }
        }

        return false;
    }

    /// <summary>Whether nobody talks so fast.</summary>
    public static bool IsMoreThanFits(int tokens, double seconds) => tokens > (TokensPerSecond * seconds) + TokensBesides;

    /// <summary>Length of the sequence's end that repeats itself every so many tokens, the first round included.</summary>
    private static int Run(ReadOnlySpan<int> tokens, int phrase)
    {
        var run = phrase;
        while (run < tokens.Length && tokens[^(run + 1)] == tokens[^(run + 1 - phrase)])
            run++;
        return run;
    }
}
