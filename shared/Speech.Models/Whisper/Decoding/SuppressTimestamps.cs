namespace Speech.Models.Whisper.Decoding;

/// <summary>After &lt;|notimestamps|&gt; no time is sampled.</summary>
internal sealed class SuppressTimestamps(WhisperTokenizer tokenizer) : ILogitRule
{
    public void Apply(Span<float> logits, ReadOnlySpan<int> sampled) => logits[tokenizer.TimestampBegin..].Fill(float.NegativeInfinity);
}
