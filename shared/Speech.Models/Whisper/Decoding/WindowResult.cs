namespace Speech.Models.Whisper.Decoding;

/// <summary>The best transcript of one window at one temperature.</summary>
/// <param name="Tokens">Sampled tokens, the closing one included if it came.</param>
/// <param name="LogProbabilities">Of each token.</param>
/// <param name="Seconds">Of sound in the window.</param>
/// <param name="Looped">A loop was cut off its end.</param>
internal sealed record WindowResult(
    int[] Tokens, IReadOnlyList<float> LogProbabilities, string Text, float NoSpeechProbability, double Temperature, double Seconds,
    bool Looped)
{
    /// <summary>As openai/whisper counts it: over the tokens and the closing one.</summary>
    public double AverageLogProbability { get; } = LogProbabilities.Sum() / Math.Max(1, LogProbabilities.Count);

    /// <summary>Whether a higher temperature should be tried.</summary>
    /// <remarks>Source: openai/whisper, <c>transcribe.py</c>, decode_with_fallback.</remarks>
    public bool NeedsFallback(DecodingOptions options)
    {
        var improbable = AverageLogProbability < options.LogProbabilityThreshold;
        if (improbable && NoSpeechProbability > options.NoSpeechThreshold)
            return false;
        return improbable || Looped || CompressionRatio.Of(Text) > options.CompressionRatioThreshold;
    }

    private bool IsUnlikely => RepetitionGuard.HasRepeats(Tokens) || RepetitionGuard.IsMoreThanFits(Tokens.Length, Seconds);

    /// <summary>Whether a prompt may have misled the model: the result failed, repeats itself, or is more than there is time for.</summary>
    public bool IsDoubtful(DecodingOptions options) =>
        NeedsFallback(options) || IsUnlikely;

    /// <summary>
    /// Whether this is the better of two results for the same window: the one that did not fail, else the one without repetitions, else the
    /// more probable one.
    /// </summary>
    public bool IsBetterThan(WindowResult other, DecodingOptions options)
    {
        var failed = NeedsFallback(options);
        if (failed != other.NeedsFallback(options))
            return !failed;
        return IsUnlikely == other.IsUnlikely ? AverageLogProbability > other.AverageLogProbability : !IsUnlikely;
    }

    /// <summary>Whether the window holds no speech.</summary>
    public bool IsSilence(DecodingOptions options) =>
        NoSpeechProbability > options.NoSpeechThreshold && AverageLogProbability <= options.LogProbabilityThreshold;
}
