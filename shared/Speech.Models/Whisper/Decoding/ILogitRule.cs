namespace Speech.Models.Whisper.Decoding;

/// <summary>Forbids next tokens by setting their logits to -∞, as openai/whisper's logit filters do.</summary>
internal interface ILogitRule
{
    /// <param name="logits">[vocabulary], changed in place.</param>
    /// <param name="sampled">The tokens sampled so far, the prompt not included.</param>
    void Apply(Span<float> logits, ReadOnlySpan<int> sampled);
}
