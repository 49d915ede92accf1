using Speech.Tensors.Cpu;

namespace Speech.Models.Whisper.Decoding;

/// <summary>The logit rules of a model, in openai/whisper's order.</summary>
internal sealed class DecodingRules
{
    private readonly ILogitRule[] _withTimestamps;
    private readonly ILogitRule[] _withoutTimestamps;

    public DecodingRules(WhisperModel model)
    {
        Tokenizer = model.Tokenizer;
        Device = model.Device;
        TextContext = model.HyperParameters.TextContext;
        ILogitRule[] always = [new SuppressBlank(Tokenizer), new SuppressTokens(Tokenizer)];
        _withTimestamps = [.. always, new ApplyTimestampRules(Tokenizer, Device)];
        _withoutTimestamps = [.. always, new SuppressTimestamps(Tokenizer)];
    }

    public WhisperTokenizer Tokenizer { get; }

    public CpuDevice Device { get; }

    public int TextContext { get; }

    public void Apply(Span<float> logits, ReadOnlySpan<int> sampled, bool timestamps)
    {
        foreach (var rule in timestamps ? _withTimestamps : _withoutTimestamps)
            rule.Apply(logits, sampled);
    }
}
