using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Transformer;

/// <summary>
/// The weights of one transformer block: attention, in a decoder cross-attention, and two dense layers, each behind its layer norm.
/// </summary>
internal sealed class TransformerBlock : IDisposable
{
    public required LayerNorm AttentionNorm { get; init; }

    public required MultiHeadAttention Attention { get; init; }

    /// <summary>Null in an encoder.</summary>
    public LayerNorm? CrossAttentionNorm { get; init; }

    /// <summary>Null in an encoder.</summary>
    public MultiHeadAttention? CrossAttention { get; init; }

    public required LayerNorm FeedForwardNorm { get; init; }

    public required FeedForward FeedForward { get; init; }

    /// <summary>
    /// Bytes of the matrices that a decoder step reads; the cross-attention's key and value projections meet the encoder's output alone.
    /// </summary>
    public long StepWeightBytes =>
        new[] { Attention.Query, Attention.Key, Attention.Value, Attention.Out, CrossAttention?.Query, CrossAttention?.Out }
            .Sum(matrix => matrix?.SizeInBytes ?? 0) + FeedForward.WeightBytes;

    /// <summary>x += feed_forward(norm(x)).</summary>
    /// <param name="x">[rows, state]</param>
    /// <param name="normed">Scratch, [rows, state].</param>
    /// <param name="hidden">Scratch, [rows, hidden].</param>
    public void Feed(CpuDevice device, TensorView x, TensorView normed, TensorView hidden)
    {
        FeedForwardNorm.Forward(device, x, normed);
        FeedForward.Forward(device, normed, hidden, x);
    }

    public void Dispose()
    {
        AttentionNorm.Dispose();
        Attention.Dispose();
        CrossAttentionNorm?.Dispose();
        CrossAttention?.Dispose();
        FeedForwardNorm.Dispose();
        FeedForward.Dispose();
    }
}
