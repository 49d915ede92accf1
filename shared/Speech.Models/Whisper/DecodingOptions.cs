namespace Speech.Models.Whisper;

/// <summary>What Whisper is asked to write.</summary>
public enum WhisperTask
{
    /// <summary>What is said, in its language.</summary>
    Transcribe,

    /// <summary>What is said, in English; multilingual models only.</summary>
    Translate,
}

/// <summary>
/// How a recording is decoded. The defaults are plain greedy decoding; openai/whisper's command line adds beam search and fallback.
/// </summary>
public sealed record DecodingOptions
{
    /// <summary>A language code of <see cref="Languages.WhisperTable"/>; null: English for an English-only model, else detected.</summary>
    public string? Language { get; init; }

    public WhisperTask Task { get; init; }

    /// <summary>Sample times between segments of text.</summary>
    public bool Timestamps { get; init; }

    /// <summary>Find when each word is said, by the attention of the alignment heads.</summary>
    public bool WordTimestamps { get; init; }

    public AudioContext AudioContext { get; init; }

    /// <summary>
    /// Text before the recording, as it were: names and terms that may occur, in the style wanted. Its last 223 tokens count.
    /// </summary>
    public string? Prompt { get; init; }

    /// <summary>
    /// Decode a doubtful result again without <see cref="Prompt"/> and the text so far, and take the better one: one decode more for such a
    /// window. openai/whisper does not.
    /// </summary>
    public bool RetryWithoutPrompt { get; init; } = true;

    /// <summary>
    /// Begin each window of a long recording with the text so far. Keeps style and names; may keep mistakes and loops, too.
    /// </summary>
    public bool ConditionOnPreviousText { get; init; }

    /// <summary>
    /// Tried in turn until a result is neither repetitive nor improbable. 0 is the most probable token, or beam search; above, tokens are
    /// drawn.
    /// </summary>
    public IReadOnlyList<double> Temperatures { get; init; } = [0];

    /// <summary>Independent draws at temperatures above 0, the best of which is taken.</summary>
    public int BestOf { get; init; } = 1;

    /// <summary>Beams at temperature 0; 1 is greedy.</summary>
    public int BeamSize { get; init; } = 1;

    /// <summary>Beam search goes on until patience·beams sequences have ended.</summary>
    public double Patience { get; init; } = 1;

    /// <summary>α of the length penalty ((5+n)/6)^α (Wu et al. 2016); null: plain mean log-probability.</summary>
    public double? LengthPenalty { get; init; }

    /// <summary>A text that zlib makes smaller than 1/this has loops in it.</summary>
    public double CompressionRatioThreshold { get; init; } = 2.4;

    /// <summary>A result whose mean log-probability is lower failed.</summary>
    public double LogProbabilityThreshold { get; init; } = -1;

    /// <summary>Above this, together with a failed log-probability, a window is silence.</summary>
    public double NoSpeechThreshold { get; init; } = 0.6;

    /// <summary>With <see cref="WordTimestamps"/>: leave out improbable text surrounded by more silence than this, in seconds.</summary>
    public double? HallucinationSilenceSeconds { get; init; }

    /// <summary>Of the draws at temperatures above 0: equal requests have equal results.</summary>
    public int Seed { get; init; }

    /// <summary>
    /// The most sequences at once: the decoder states that a request needs. Beams count only where a temperature is 0, draws only where one
    /// is above.
    /// </summary>
    public int Hypotheses => Math.Max(Temperatures.Any(t => t == 0) ? BeamSize : 1, Temperatures.Any(t => t > 0) ? BestOf : 1);

    internal void Validate()
    {
        Require(Temperatures.Count > 0
            && Temperatures.All(t => t is >= 0 and <= 2), nameof(Temperatures), "one or more numbers from 0 to 2");
        Require(BestOf is >= 1 and <= 16, nameof(BestOf), "from 1 to 16");
        Require(BeamSize is >= 1 and <= 16, nameof(BeamSize), "from 1 to 16");
        Require(Patience is > 0 and <= 10, nameof(Patience), "above 0, at most 10");
        Require(LengthPenalty is null or (>= 0 and <= 1), nameof(LengthPenalty), "from 0 to 1");
    }

    private static void Require(bool condition, string name, string rule)
    {
        if (!condition)
            throw new ArgumentOutOfRangeException(name, $"{name} must be {rule}.");
    }
}
