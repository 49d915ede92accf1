using Speech.Tensors;

namespace Speech.Models.Transformer;

/// <summary>The four projections of an attention layer, [state, state] each. Scores are scaled by headSize^-0.5.</summary>
internal sealed class MultiHeadAttention(PackedMatrix query, PackedMatrix key, PackedMatrix value, PackedMatrix output) : IDisposable
{
    public PackedMatrix Query { get; } = query;

    public PackedMatrix Key { get; } = key;

    public PackedMatrix Value { get; } = value;

    public PackedMatrix Out { get; } = output;

    public void Dispose()
    {
        Query.Dispose();
        Key.Dispose();
        Value.Dispose();
        Out.Dispose();
    }
}
