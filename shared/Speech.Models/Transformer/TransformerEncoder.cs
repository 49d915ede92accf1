using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Transformer;

/// <summary>
/// Pre-norm transformer blocks over whole sequences, several at once: their positions lie row after row, so that each weight is used in one
/// matrix product for all of them; only attention is done sequence by sequence, and nothing is padded.
/// </summary>
/// <remarks>One call at a time: the activations are the instance's.</remarks>
internal sealed class TransformerEncoder : IDisposable
{
    // Rows that go through projections and dense layers together: enough to keep all threads busy, few enough for their activations to take
    // little memory.
    private const int ChunkRows = 384;
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
        var chunk = Math.Min(ChunkRows, maximumRows);
        _normed = new Tensor(maximumRows, shape.State);
        _query = new Tensor(chunk, shape.State);
        _key = new Tensor(chunk, shape.State);
        _value = new Tensor(chunk, shape.State);
        _hidden = new Tensor(chunk, blocks[0].FeedForward.Hidden);
    }

    public int MaximumRows { get; }

    /// <summary>Encodes in place.</summary>
    /// <param name="x">[sum of the lengths, state]</param>
    /// <param name="lengths">Of each sequence.</param>
    public void Forward(TensorView x, ReadOnlySpan<int> lengths)
    {
        foreach (var block in _blocks)
        {
            Attend(block, x, lengths);
            for (var row = 0; row < x.Rows; row += ChunkRows)
            {
                var rows = Math.Min(ChunkRows, x.Rows - row);
                block.Feed(_device, x.Slice(row, rows), _normed.View(rows), _hidden.View(rows));
            }
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
        var normed = _normed.View(x.Rows);
        block.AttentionNorm.Forward(_device, x, normed);
        for (int sequence = 0, first = 0; sequence < lengths.Length;)
        {
            var (end, rows) = (sequence + 1, lengths[sequence]);
            for (; end < lengths.Length && rows + lengths[end] <= ChunkRows; end++)
                rows += lengths[end];
            if (rows <= ChunkRows)
                AttendShort(block.Attention, normed.Slice(first, rows), lengths[sequence..end]);
            else
                AttendLong(block.Attention, normed.Slice(first, rows));
            sequence = end;
            first += rows;
        }

        _device.Linear(normed, block.Attention.Out, x, accumulate: true);
    }

    /// <summary>Attention within each of some sequences that fit into one chunk, in place.</summary>
    private void AttendShort(MultiHeadAttention attention, TensorView x, ReadOnlySpan<int> lengths)
    {
        var (query, key, value) = (_query.View(x.Rows), _key.View(x.Rows), _value.View(x.Rows));
        attention.Project(_device, x, query, key, value);
        var first = 0;
        foreach (var length in lengths)
        {
            _keys.Clear();
            _device.Append(_keys, key.Slice(first, length), value.Slice(first, length));
            _device.Attend(query.Slice(first, length), _keys, x.Slice(first, length));
            first += length;
        }
    }

    /// <summary>Attention within one sequence, in place: all of its keys and values first, a chunk at a time.</summary>
    private void AttendLong(MultiHeadAttention attention, TensorView x)
    {
        _keys.Clear();
        _keys.Reserve(x.Rows);
        for (var row = 0; row < x.Rows; row += ChunkRows)
        {
            var chunk = x.Slice(row, Math.Min(ChunkRows, x.Rows - row));
            var (key, value) = (_key.View(chunk.Rows), _value.View(chunk.Rows));
            _device.Linear(chunk, attention.Key, key);
            _device.Linear(chunk, attention.Value, value);
            _device.Append(_keys, key, value);
        }

        for (var row = 0; row < x.Rows; row += ChunkRows)
        {
            var chunk = x.Slice(row, Math.Min(ChunkRows, x.Rows - row));
            var query = _query.View(chunk.Rows);
            _device.Linear(chunk, attention.Query, query);
            _device.Attend(query, _keys, chunk);
        }
    }
}
