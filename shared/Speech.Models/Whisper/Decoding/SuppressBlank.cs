namespace Speech.Models.Whisper.Decoding;

/// <summary>A transcript does not begin with its end or with a lone space.</summary>
internal sealed class SuppressBlank(WhisperTokenizer tokenizer) : ILogitRule
{
    public void Apply(Span<float> logits, ReadOnlySpan<int> sampled)
    {
        if (sampled.Length > 0)
            return;
        logits[tokenizer.Space] = float.NegativeInfinity;
        logits[tokenizer.EndOfText] = float.NegativeInfinity;
    }
}
