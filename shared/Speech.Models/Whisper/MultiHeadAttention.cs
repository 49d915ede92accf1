using Speech.Tensors;

namespace Speech.Models.Whisper;

/// <summary>The four projections of an attention layer; the key has no bias.</summary>
/// <remarks>openai/whisper scales query and key by headSize^-0.25 each; here the scores are scaled by headSize^-0.5, an exact power of two for heads of 64.</remarks>
internal sealed class MultiHeadAttention(WeightLoader loader, string name) : IDisposable
{
    public PackedMatrix Query { get; } = loader.Linear($"{name}.query");

    public PackedMatrix Key { get; } = loader.Linear($"{name}.key");

    public PackedMatrix Value { get; } = loader.Linear($"{name}.value");

    public PackedMatrix Out { get; } = loader.Linear($"{name}.out");

    public void Dispose()
    {
        Query.Dispose();
        Key.Dispose();
        Value.Dispose();
        Out.Dispose();
    }
}
