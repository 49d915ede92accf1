namespace Speech.Models.Nllb;

/// <summary>How to search for a translation. The names are those of Hugging Face's <c>generate</c>.</summary>
public sealed record TranslationOptions
{
    public const int MaximumBeams = 32;

    /// <summary>num_beams: hypotheses kept at once; 1 is greedy search.</summary>
    public int BeamSize { get; init; } = 1;

    /// <summary>
    /// length_penalty: a finished hypothesis scores its sum of log-probabilities / length^penalty, so more than 0 favours long ones.
    /// </summary>
    public double LengthPenalty { get; init; } = 1;

    /// <summary>
    /// early_stopping: end as soon as there are <see cref="BeamSize"/> finished hypotheses, not when no open one can still beat them.
    /// </summary>
    public bool EarlyStopping { get; init; }

    /// <summary>no_repeat_ngram_size: no run of so many tokens comes twice in a translation; 0 allows all.</summary>
    public int NoRepeatNgramSize { get; init; }

    /// <summary>
    /// max_length: tokens of the longest translation, the two that it begins with and the one that ends it included. By default what the
    /// model's configuration says, but no more than twice the source's tokens and fifty: a translation that is longer is one that does not
    /// find its end.
    /// </summary>
    public int? MaximumLength { get; init; }

    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    internal void Validate()
    {
        if (BeamSize is < 1 or > MaximumBeams)
            throw new ArgumentException($"{BeamSize} beams; 1 to {MaximumBeams} are allowed.");
        if (!double.IsFinite(LengthPenalty))
            throw new ArgumentException("The length penalty must be a number.");
        if (NoRepeatNgramSize < 0)
            throw new ArgumentException($"A no-repeat n-gram of {NoRepeatNgramSize} tokens; 0 or more are allowed.");
        if (MaximumLength < 3)
            throw new ArgumentException($"A maximum length of {MaximumLength} tokens; at least 3 are needed.");
    }
}
