using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Whisper;

/// <summary>The weights of one transformer block: attention, in the decoder cross-attention, and two dense layers, each behind its layer norm.</summary>
internal sealed class ResidualAttentionBlock(WeightLoader loader, string name, bool crossAttention) : IDisposable
{
    private readonly LayerNorm _mlpNorm = loader.LayerNorm($"{name}.mlp_ln");
    private readonly PackedMatrix _mlp0 = loader.Linear($"{name}.mlp.0");
    private readonly PackedMatrix _mlp2 = loader.Linear($"{name}.mlp.2");

    public LayerNorm AttentionNorm { get; } = loader.LayerNorm($"{name}.attn_ln");

    public MultiHeadAttention Attention { get; } = new(loader, $"{name}.attn");

    public LayerNorm? CrossAttentionNorm { get; } = crossAttention ? loader.LayerNorm($"{name}.cross_attn_ln") : null;

    public MultiHeadAttention? CrossAttention { get; } = crossAttention ? new(loader, $"{name}.cross_attn") : null;

    /// <summary>Bytes of the matrices that a decoder step reads; the cross-attention's key and value projections meet the audio alone.</summary>
    public long StepWeightBytes =>
        new[] { Attention.Query, Attention.Key, Attention.Value, Attention.Out, CrossAttention?.Query, CrossAttention?.Out, _mlp0, _mlp2 }
            .Sum(matrix => matrix?.SizeInBytes ?? 0);

    /// <summary>x += mlp.2(GELU(mlp.0(mlp_ln(x)))).</summary>
    /// <param name="x">[rows, state]</param>
    /// <param name="normed">Scratch, [rows, state].</param>
    /// <param name="hidden">Scratch, [rows, 4·state].</param>
    public void Mlp(CpuDevice device, TensorView x, TensorView normed, TensorView hidden)
    {
        _mlpNorm.Forward(device, x, normed);
        device.Linear(normed, _mlp0, hidden, Activation.Gelu);
        device.Linear(hidden, _mlp2, x, accumulate: true);
    }

    public void Dispose()
    {
        AttentionNorm.Dispose();
        Attention.Dispose();
        CrossAttentionNorm?.Dispose();
        CrossAttention?.Dispose();
        _mlpNorm.Dispose();
        _mlp0.Dispose();
        _mlp2.Dispose();
    }
}
