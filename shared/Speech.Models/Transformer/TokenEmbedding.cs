using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Transformer;

/// <summary>Tokens and their positions as vectors: scale·tokens[token] + positions[position].</summary>
/// <param name="tokens">[vocabulary, state]; the output projection too.</param>
/// <param name="positions">[longest sequence, state]</param>
internal sealed class TokenEmbedding(PackedMatrix tokens, Tensor positions, float scale = 1) : IDisposable
{
    public PackedMatrix Tokens => tokens;

    /// <summary>Positions of the longest sequence.</summary>
    public int MaximumLength => positions.Rows;

    /// <param name="row">[1, state]</param>
    public void Read(CpuDevice device, int token, int position, TensorView row)
    {
        var x = row.Row(0);
        tokens.ReadRow(token, x);
        if (scale != 1)
            System.Numerics.Tensors.TensorPrimitives.Multiply(x, scale, x);
        device.Add(row, positions.View().Slice(position, 1));
    }

    public void Dispose()
    {
        tokens.Dispose();
        positions.Dispose();
    }
}
