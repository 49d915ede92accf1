using Speech.Tensors.Cpu;

namespace Speech.Models.Whisper.Decoding;

/// <summary>
/// Times come in pairs (a segment's end and the next one's start), except at the beginning, never run backwards, and are sampled whenever
/// they are together more probable than any single text token.
/// </summary>
/// <remarks>Source: openai/whisper, <c>decoding.py</c>, ApplyTimestampRules.</remarks>
internal sealed class ApplyTimestampRules(WhisperTokenizer tokenizer, CpuDevice device) : ILogitRule
{
    /// <summary>The first time is at most 1.0 s.</summary>
    private const int MaximumInitialTimestamp = 50;

    public void Apply(Span<float> logits, ReadOnlySpan<int> sampled)
    {
        var begin = tokenizer.TimestampBegin;
        logits[tokenizer.NoTimestamps] = float.NegativeInfinity;

        var lastIsTime = sampled.Length >= 1 && tokenizer.IsTimestamp(sampled[^1]);
        var secondLastIsTime = sampled.Length < 2 || tokenizer.IsTimestamp(sampled[^2]);
        if (lastIsTime && secondLastIsTime)
            logits[begin..].Fill(float.NegativeInfinity);
        else if (lastIsTime)
            logits[..tokenizer.EndOfText].Fill(float.NegativeInfinity);

        var lastTime = sampled.LastIndexOfAnyInRange(begin, int.MaxValue);
        if (lastTime >= 0)
        {
            // A segment may begin where the last one ended, but must end later than it began.
            var earliest = sampled[lastTime] + (lastIsTime && !secondLastIsTime ? 0 : 1);
            logits[begin..Math.Min(earliest, logits.Length)].Fill(float.NegativeInfinity);
        }

        if (sampled.IsEmpty)
        {
            logits[..begin].Fill(float.NegativeInfinity);
            logits[(begin + MaximumInitialTimestamp + 1)..].Fill(float.NegativeInfinity);
        }
        else if (device.LogSumExp(logits[begin..]) > System.Numerics.Tensors.TensorPrimitives.Max<float>(logits[..begin]))
        {
            logits[..begin].Fill(float.NegativeInfinity);
        }
    }
}
