
namespace Speech.Models.Whisper.Decoding;

/// <summary>Chooses the next tokens from the allowed ones' logits: greedily or at random, or by beam search.</summary>
internal interface ITokenDecoder
{
    /// <summary>Takes one step. The hypotheses may be exchanged for others, which then hold the states.</summary>
    /// <param name="hypotheses">The unfinished ones, in the order of <paramref name="logits"/>; replaced by those to go on with.</param>
    /// <param name="logits">For each hypothesis, [vocabulary]; forbidden tokens are -∞.</param>
    void Update(List<Hypothesis> hypotheses, LogitRows logits);

    /// <summary>The hypotheses that have ended with their end token, in the order in which they did.</summary>
    IReadOnlyList<Hypothesis> Finished { get; }
}

/// <summary>The logits of some hypotheses. All of them may share one row: the first step after a prompt.</summary>
internal readonly ref struct LogitRows(Tensors.TensorView rows, int first, bool shared)
{
    public Span<float> this[int hypothesis] => rows.Row(first + (shared ? 0 : hypothesis));
}
