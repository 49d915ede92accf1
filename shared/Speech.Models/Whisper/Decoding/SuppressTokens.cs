namespace Speech.Models.Whisper.Decoding;

/// <summary>
/// Tokens that are never part of a transcript: annotations such as brackets and music notes, and the special tokens of the prompt.
/// </summary>
internal sealed class SuppressTokens : ILogitRule
{
    private readonly int[] _tokens;

    public SuppressTokens(WhisperTokenizer tokenizer)
    {
        // As whisper.cpp does, languages too; openai/whisper leaves those possible, which serves no transcript.
        var special = Enumerable.Range(tokenizer.StartOfTranscript, tokenizer.NoTimestamps - tokenizer.StartOfTranscript + 1);
        _tokens = [.. tokenizer.NonSpeechTokens.Concat(special)];
    }

    public void Apply(Span<float> logits, ReadOnlySpan<int> sampled)
    {
        foreach (var token in _tokens)
            logits[token] = float.NegativeInfinity;
    }
}
