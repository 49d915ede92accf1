using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Transformer;

/// <summary>
/// Pre-norm transformer blocks over whole sequences, several at once: their positions lie row after row, so that each weight is used in one matrix
/// product for all of them; only attention is done sequence by sequence, and nothing is padded.
/// </summary>
/// <remarks>One call at a time: the activations are the instance's.</remarks>
internal sealed class TransformerEncoder : IDisposable
{
    private readonly CpuDevice _device;
    private readonly TransformerBlock[] _blocks;
    private readonly LayerNorm _norm;
    private readonly KeyValueCache _keys;
    private readonly Tensor _normed;
    private readonly Tensor _query;
    private readonly Tensor _key;
    private readonly Tensor _value;
    private readonly Tensor _hidden;

    /// <param name="norm">After the last block.</param>
    /// <param name="maximumRows">The most positions of one call, over all sequences.</param>
    public TransformerEncoder(CpuDevice device, TransformerShape shape, TransformerBlock[] blocks, LayerNorm norm, int maximumRows)
    {
        _device = device;
        _blocks = blocks;
        _norm = norm;
        _keys = new KeyValueCache(device, shape.Heads, shape.HeadSize, shape.MaximumLength);
        MaximumRows = maximumRows;
        _normed = new Tensor(maximumRows, shape.State);
        _query = new Tensor(maximumRows, shape.State);
        _key = new Tensor(maximumRows, shape.State);
        _value = new Tensor(maximumRows, shape.State);
        _hidden = new Tensor(maximumRows, blocks[0].FeedForward.Hidden);
    }

    public int MaximumRows { get; }

    /// <summary>Encodes in place.</summary>
    /// <param name="x">[sum of the lengths, state]</param>
    /// <param name="lengths">Of each sequence.</param>
    public void Forward(TensorView x, ReadOnlySpan<int> lengths)
    {
        var (normed, hidden) = (_normed.View(x.Rows), _hidden.View(x.Rows));
        foreach (var block in _blocks)
        {
            Attend(block, x, lengths);
            block.Feed(_device, x, normed, hidden);
        }

        _norm.Forward(_device, x, x);
    }

    public void Dispose()
    {
        foreach (var tensor in (ReadOnlySpan<Tensor>)[_normed, _query, _key, _value, _hidden])
            tensor.Dispose();
        foreach (var block in _blocks)
            block.Dispose();
        _norm.Dispose();
        _keys.Dispose();
    }

    /// <summary>x += attention(norm(x)).</summary>
    private void Attend(TransformerBlock block, TensorView x, ReadOnlySpan<int> lengths)
    {
        var (normed, query, key, value) = (_normed.View(x.Rows), _query.View(x.Rows), _key.View(x.Rows), _value.View(x.Rows));
        block.AttentionNorm.Forward(_device, x, normed);
        block.Attention.Project(_device, normed, query, key, value);
        var first = 0;
        foreach (var length in lengths)
        {
            _keys.Clear();
            _device.Append(_keys, key.Slice(first, length), value.Slice(first, length));
            _device.Attend(query.Slice(first, length), _keys, normed.Slice(first, length));
            first += length;
        }

        _device.Linear(normed, block.Attention.Out, x, accumulate: true);
    }
}
