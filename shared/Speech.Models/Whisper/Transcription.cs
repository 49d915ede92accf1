namespace Speech.Models.Whisper;

/// <summary>What to transcribe, and how.</summary>
/// <param name="Samples">16 kHz mono in -1..1, at most 30 s.</param>
public sealed record TranscriptionRequest(ReadOnlyMemory<float> Samples)
{
    /// <summary>A language code of <see cref="WhisperLanguages"/>; null: English for an English-only model, else detected.</summary>
    public string? Language { get; init; }

    /// <summary>Sample times between segments of text.</summary>
    public bool Timestamps { get; init; }

    public AudioContext AudioContext { get; init; }
}

/// <summary>What was heard.</summary>
/// <param name="Text">As decoded, usually with a leading space; empty if the segment was judged to be without speech.</param>
/// <param name="Language">Given, detected, or "en" for an English-only model.</param>
/// <param name="Tokens">All sampled tokens: text, times if asked for, and the closing &lt;|endoftext|&gt;.</param>
/// <param name="LogProbabilities">ln p of each sampled token among those that the decoding rules allowed.</param>
/// <param name="NoSpeechProbability">Of &lt;|nospeech|&gt; at the first position.</param>
public sealed record Transcription(
    string Text, string Language, IReadOnlyList<int> Tokens, IReadOnlyList<float> LogProbabilities, float NoSpeechProbability)
{
    /// <summary>Mean ln p of the sampled tokens, the closing one included.</summary>
    public float AverageLogProbability => LogProbabilities.Count == 0 ? 0 : LogProbabilities.Average();

    /// <summary>The geometric mean of the tokens' probabilities: 0..1.</summary>
    public double Confidence => Math.Exp(AverageLogProbability);
}
