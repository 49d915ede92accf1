namespace Speech.Models.Whisper;

/// <summary>What to transcribe, and how.</summary>
/// <param name="Samples">16 kHz mono in -1..1, of any length; beyond 30 s it is decoded window by window.</param>
public sealed record TranscriptionRequest(ReadOnlyMemory<float> Samples)
{
    /// <param name="recording">In place of samples, which are none then. For one request: its windows are read from its start to its
    /// end.</param>
    public TranscriptionRequest(LongRecording recording)
        : this(ReadOnlyMemory<float>.Empty) => Recording = recording;

    public LongRecording? Recording { get; }

    public DecodingOptions Options { get; init; } = new();

    /// <summary>Told after each window, between the engine's steps: it is to be quick.</summary>
    public IProgress<TranscriptionProgress>? Progress { get; init; }
}

/// <summary>How far a recording has been transcribed.</summary>
/// <param name="Segments">What was heard since the last report; perhaps nothing.</param>
/// <param name="Seconds">Of the recording that are done.</param>
public sealed record TranscriptionProgress(IReadOnlyList<TranscribedSegment> Segments, double Seconds);

/// <summary>A word and when it is said.</summary>
/// <param name="Text">With the leading space that it has in the text, and the punctuation that belongs to it.</param>
/// <param name="Start">Seconds from the start of the recording.</param>
/// <param name="End">Seconds from the start of the recording.</param>
/// <param name="Probability">Mean probability of its tokens: 0..1.</param>
public sealed record TranscribedWord(string Text, double Start, double End, double Probability);

/// <summary>A stretch of text between two times.</summary>
/// <param name="Start">Seconds from the start of the recording.</param>
/// <param name="End">Seconds from the start of the recording.</param>
/// <param name="Text">As decoded, usually with a leading space.</param>
/// <param name="Tokens">Text and times, without the closing &lt;|endoftext|&gt;.</param>
/// <param name="LogProbabilities">ln p of each of the tokens.</param>
/// <param name="Temperature">At which it was decoded.</param>
/// <param name="Words">Null unless asked for.</param>
public sealed record TranscribedSegment(
    double Start,
    double End,
    string Text,
    IReadOnlyList<int> Tokens,
    IReadOnlyList<float> LogProbabilities,
    double Temperature,
    IReadOnlyList<TranscribedWord>? Words = null)
{
    /// <summary>The geometric mean of the tokens' probabilities: 0..1.</summary>
    public double Confidence => LogProbabilities.Count == 0 ? 0 : Math.Exp(LogProbabilities.Average());
}

/// <summary>What was heard.</summary>
/// <param name="Language">Given, detected, or "en" for an English-only model.</param>
/// <param name="Segments">One for a request without times of up to 30 s; none where there is no speech.</param>
/// <param name="Tokens">All sampled tokens: text, times if asked for, and each window's closing &lt;|endoftext|&gt;.</param>
/// <param name="LogProbabilities">ln p of each sampled token among those that the decoding rules allowed.</param>
/// <param name="NoSpeechProbability">Of &lt;|nospeech|&gt; at the first position of the first window.</param>
public sealed record Transcription(
    string Language, IReadOnlyList<TranscribedSegment> Segments, IReadOnlyList<int> Tokens, IReadOnlyList<float> LogProbabilities,
    float NoSpeechProbability)
{
    /// <summary>As decoded, usually with a leading space; empty where there is no speech.</summary>
    public string Text { get; } = string.Concat(Segments.Select(segment => segment.Text));

    /// <summary>The geometric mean of the sampled tokens' probabilities: 0..1.</summary>
    public double Confidence => LogProbabilities.Count == 0 ? 0 : Math.Exp(LogProbabilities.Average());

    /// <summary>All words, if they were asked for.</summary>
    public IEnumerable<TranscribedWord> Words => Segments.SelectMany(segment => segment.Words ?? []);
}
