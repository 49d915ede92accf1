namespace Speech.Audio.Segmentation;

/// <summary>Where speech begins and ends, in seconds.</summary>
public sealed record SegmenterOptions
{
    /// <summary>Speech begins with a window of at least this probability, 0..1.</summary>
    public float Threshold { get; init; } = 0.5f;

    /// <summary>Silence begins only below this, so that a probability near the threshold does not flicker (Silero's rule).</summary>
    public float NegativeThreshold => MathF.Max(Threshold - 0.15f, 0.01f);

    /// <summary>
    /// Silence that ends a segment (<c>SILENCE_THRESHOLD_SECONDS</c>). Longer makes the reader wait; much shorter cuts into sentences. With
    /// the demo's recordings and this value, words came out a little better than from each whole recording.
    /// </summary>
    public double SilenceSeconds { get; init; } = 0.5;

    /// <summary>
    /// Audio kept from before the first speech window: the model is better when a segment does not begin with a word. Rounded to whole
    /// windows, like <see cref="TailSeconds"/>: so every segment begins and ends between two windows, and a stream that is resumed there is
    /// judged in the same windows as before.
    /// </summary>
    public double PreRollSeconds { get; init; } = 0.32;

    /// <summary>Audio kept from after the last speech window; at most <see cref="SilenceSeconds"/>.</summary>
    public double TailSeconds { get; init; } = 0.32;

    /// <summary>
    /// Less speech than this is taken for a noise. What counts is the sum of the windows of speech in the segment, not the
    /// time from first to last: so a click never adds up, and a word with a stop in it ("six", "eight") does. Of the fifty
    /// digits in shared/recordings the shortest has seven windows, 224 ms, and Silero's own 0.25 s would lose it; four are 128 ms.
    /// </summary>
    public double MinSpeechSeconds { get; init; } = 0.1;

    /// <summary>A segment of this length is cut. Whisper hears 30 s.</summary>
    public double MaxSegmentSeconds { get; init; } = 28;

    /// <summary>The cut is made at the quietest point of this much audio before the end.</summary>
    public double CutSearchSeconds { get; init; } = 8;

    /// <exception cref="ArgumentOutOfRangeException">A value, or two together, make no sense.</exception>
    internal void Validate()
    {
        Require(Threshold is > 0 and < 1, nameof(Threshold), "between 0 and 1");
        Require(SilenceSeconds is >= 0.03 and <= 10, nameof(SilenceSeconds), "between 0.03 and 10 s");
        Require(PreRollSeconds is >= 0 and <= 5, nameof(PreRollSeconds), "between 0 and 5 s");
        Require(TailSeconds >= 0 && TailSeconds <= SilenceSeconds, nameof(TailSeconds), "between 0 and the silence that ends a segment");
        Require(MinSpeechSeconds is >= 0 and <= 5, nameof(MinSpeechSeconds), "between 0 and 5 s");
        Require(CutSearchSeconds is >= 0.5 and <= 30, nameof(CutSearchSeconds), "between 0.5 and 30 s");
        Require(MaxSegmentSeconds >= PreRollSeconds + CutSearchSeconds + 0.5 && MaxSegmentSeconds <= 60, nameof(MaxSegmentSeconds),
            "at least 0.5 s more than pre-roll and cut search together, and at most 60 s");
    }

    private static void Require(bool condition, string name, string rule)
    {
        if (!condition)
            throw new ArgumentOutOfRangeException(name, $"{name} must be {rule}.");
    }
}
