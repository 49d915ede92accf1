using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Transformer;

/// <summary>
/// Tokens and an encoder's output to the next token's logits. A step takes any rows, of any sequences, several of one sequence if need be
/// (a prompt): each weight is used in one matrix product for all rows, only attention is per row.
/// </summary>
/// <remarks>One call at a time: the activations are the instance's.</remarks>
internal sealed class TransformerDecoder : IDisposable
{
    // Encoder positions that are projected together.
    private const int MemoryChunk = 384;
    private readonly CpuDevice _device;
    private readonly TransformerShape _shape;
    private readonly TokenEmbedding _embedding;
    private readonly TransformerBlock[] _blocks;
    private readonly LayerNorm _norm;
    private readonly Tensor _x;
    private readonly Tensor _normed;
    private readonly Tensor _query;
    private readonly Tensor _key;
    private readonly Tensor _value;
    private readonly Tensor _hidden;
    private Tensor _logits;
    private readonly Tensor _memoryKey;
    private readonly Tensor _memoryValue;
    private readonly KeyValueCache[] _caches;
    private readonly int[] _counts;

    /// <param name="norm">After the last block.</param>
    /// <param name="maximumRows">The most rows of a step.</param>
    /// <param name="maximumMemory">The most encoder positions of one
    /// <see cref="Project(TensorView, ReadOnlySpan{int}, ReadOnlySpan{EncoderMemory})"/>.</param>
    public TransformerDecoder(CpuDevice device, TransformerShape shape, TokenEmbedding embedding, TransformerBlock[] blocks, LayerNorm norm,
        int maximumRows, int maximumMemory)
    {
        _device = device;
        _shape = shape;
        _embedding = embedding;
        _blocks = blocks;
        _norm = norm;
        MaximumRows = maximumRows;
        _x = new Tensor(maximumRows, shape.State);
        _normed = new Tensor(maximumRows, shape.State);
        _query = new Tensor(maximumRows, shape.State);
        _key = new Tensor(maximumRows, shape.State);
        _value = new Tensor(maximumRows, shape.State);
        _hidden = new Tensor(maximumRows, blocks[0].FeedForward.Hidden);
        _logits = new Tensor(1, embedding.Tokens.PaddedOutputs);
        _memoryKey = new Tensor(Math.Min(MemoryChunk, maximumMemory), shape.State);
        _memoryValue = new Tensor(_memoryKey.Rows, shape.State);
        _caches = new KeyValueCache[maximumRows];
        _counts = new int[maximumRows];
    }

    /// <summary>
    /// Called for each layer of a step with the cross-attention's queries, [rows, state], and the keys of the first row's memory.
    /// </summary>
    public delegate void CrossAttentionObserver(CpuDevice device, int layer, TensorView query, KeyValueCache keys);

    public int MaximumRows { get; }

    /// <summary>Bytes of the weights that a step reads; those that only the encoder's output meets are not among them.</summary>
    public long WeightBytes => _embedding.Tokens.SizeInBytes + _blocks.Sum(block => block.StepWeightBytes);

    public DecoderState NewState() => new(_device, _shape);

    /// <param name="maximumPositions">The most encoder positions that it will hold.</param>
    public EncoderMemory NewMemory(int maximumPositions) => new(_device, _shape, maximumPositions);

    /// <summary>Projects the encoder's output to the keys and values of every layer.</summary>
    /// <param name="encoded">[sum of the lengths, state]</param>
    /// <param name="lengths">Of each sequence.</param>
    /// <param name="memories">One for each sequence.</param>
    public void Project(TensorView encoded, ReadOnlySpan<int> lengths, ReadOnlySpan<EncoderMemory> memories)
    {
        for (var i = 0; i < lengths.Length; i++)
        {
            foreach (var cache in memories[i].Layers)
            {
                cache.Clear();
                cache.Reserve(lengths[i]);
            }
        }

        for (var row = 0; row < encoded.Rows; row += MemoryChunk)
            Project(encoded.Slice(row, Math.Min(MemoryChunk, encoded.Rows - row)), row, lengths, memories);
    }

    /// <summary>Takes in one token per row.</summary>
    /// <param name="rows">At most <see cref="MaximumRows"/>; rows of one sequence side by side, in their order.</param>
    /// <param name="observer">If the cross-attention is of interest; then all rows are of one sequence.</param>
    /// <returns>[rows that want logits, vocabulary], in the order of the rows; valid until the next call, free to be overwritten.</returns>
    /// <exception cref="InvalidOperationException">A sequence is longer than the model allows.</exception>
    public TensorView Forward(ReadOnlySpan<DecoderRow> rows, CrossAttentionObserver? observer = null)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows.Length, MaximumRows, nameof(rows));
        var (x, normed) = (_x.View(rows.Length), _normed.View(rows.Length));
        var (query, key, value) = (_query.View(rows.Length), _key.View(rows.Length), _value.View(rows.Length));
        Embed(rows, x);
        for (var layer = 0; layer < _blocks.Length; layer++)
        {
            var block = _blocks[layer];
            block.AttentionNorm.Forward(_device, x, normed);
            block.Attention.Project(_device, normed, query, key, value);
            for (var row = 0; row < rows.Length; row++)
                _caches[row] = rows[row].State.Layers[layer];
            _device.AppendAndAttend(query, key, value, _caches, normed);
            _device.Linear(normed, block.Attention.Out, x, accumulate: true);

            block.CrossAttentionNorm!.Forward(_device, x, normed);
            _device.Linear(normed, block.CrossAttention!.Query, query);
            for (var row = 0; row < rows.Length; row++)
            {
                _caches[row] = rows[row].Memory.Layers[layer];
                _counts[row] = _caches[row].Count;
            }

            observer?.Invoke(_device, layer, query, _caches[0]);
            _device.AttendEach(query, _caches, _counts, normed);
            _device.Linear(normed, block.CrossAttention.Out, x, accumulate: true);
            block.Feed(_device, x, normed, _hidden.View(rows.Length));
        }

        var wanted = 0;
        for (var row = 0; row < rows.Length; row++)
        {
            if (rows[row].WantLogits)
                x.Row(row).CopyTo(normed.Row(wanted++));
        }

        var last = normed.Slice(0, wanted);
        _norm.Forward(_device, last, last);
        var logits = Logits(wanted);
        _device.Linear(last, _embedding.Tokens, logits);
        return logits;
    }

    public void Dispose()
    {
        foreach (var tensor in (ReadOnlySpan<Tensor>)[_x, _normed, _query, _key, _value, _hidden, _logits, _memoryKey, _memoryValue])
            tensor.Dispose();
        foreach (var block in _blocks)
            block.Dispose();
        _embedding.Dispose();
        _norm.Dispose();
    }

    /// <summary>Projects some rows and appends each sequence's to its memory.</summary>
    /// <param name="firstRow">The first of them among the rows of all sequences.</param>
    private void Project(TensorView rows, int firstRow, ReadOnlySpan<int> lengths, ReadOnlySpan<EncoderMemory> memories)
    {
        var (key, value) = (_memoryKey.View(rows.Rows), _memoryValue.View(rows.Rows));
        for (var layer = 0; layer < _blocks.Length; layer++)
        {
            var attention = _blocks[layer].CrossAttention!;
            _device.Linear(rows, attention.Key, key);
            _device.Linear(rows, attention.Value, value);
            for (int i = 0, start = -firstRow; i < lengths.Length; start += lengths[i++])
            {
                var first = Math.Max(start, 0);
                var count = Math.Min(start + lengths[i], rows.Rows) - first;
                if (count > 0)
                    _device.Append(memories[i].Layers[layer], key.Slice(first, count), value.Slice(first, count));
            }
        }
    }

    /// <summary>
    /// Room for so many rows of logits: a large vocabulary's are most of a step's memory, and most rows of a prompt want none.
    /// </summary>
    private TensorView Logits(int rows)
    {
        if (rows > _logits.Rows)
        {
            var columns = _logits.Columns;
            _logits.Dispose();
            _logits = new Tensor(Math.Min(MaximumRows, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)rows)), columns);
        }

        return _logits.View(0, rows, _embedding.Tokens.Outputs, _logits.Columns);
    }

    private void Embed(ReadOnlySpan<DecoderRow> rows, TensorView x)
    {
        var position = 0;
        for (var row = 0; row < rows.Length; row++)
        {
            position = row > 0 && rows[row - 1].State == rows[row].State ? position + 1 : rows[row].State.Length;
            if (position >= _embedding.MaximumLength)
                throw new InvalidOperationException(
                    $"A sequence is longer than the {_embedding.MaximumLength} tokens of this model's text context.");
            _embedding.Read(_device, rows[row].Token, position, x.Slice(row, 1));
        }
    }
}
