using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Transformer;

/// <summary>The four projections of an attention layer, [state, state] each. Scores are scaled by headSize^-0.5.</summary>
internal sealed class MultiHeadAttention(PackedMatrix query, PackedMatrix key, PackedMatrix value, PackedMatrix output) : IDisposable
{
    public PackedMatrix Query { get; } = query;

    public PackedMatrix Key { get; } = key;

    public PackedMatrix Value { get; } = value;

    public PackedMatrix Out { get; } = output;

    /// <summary>query = normed·Queryᵀ and so on, each [rows, state].</summary>
    public void Project(CpuDevice device, TensorView normed, TensorView query, TensorView key, TensorView value) =>
        device.LinearEach(normed, new Projection(Query, query), new Projection(Key, key), new Projection(Value, value));

    public void Dispose()
    {
        Query.Dispose();
        Key.Dispose();
        Value.Dispose();
        Out.Dispose();
    }
}
