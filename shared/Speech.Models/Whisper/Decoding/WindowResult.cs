namespace Speech.Models.Whisper.Decoding;

/// <summary>The best transcript of one window at one temperature.</summary>
/// <param name="Tokens">Sampled tokens, the closing one included if it came.</param>
/// <param name="LogProbabilities">Of each token.</param>
/// <param name="Looped">A loop was cut off its end.</param>
internal sealed record WindowResult(IReadOnlyList<int> Tokens, IReadOnlyList<float> LogProbabilities, string Text, float NoSpeechProbability, double Temperature, bool Looped)
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

    /// <summary>Whether the window holds no speech.</summary>
    public bool IsSilence(DecodingOptions options) =>
        NoSpeechProbability > options.NoSpeechThreshold && AverageLogProbability <= options.LogProbabilityThreshold;
}
