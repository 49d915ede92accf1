using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Whisper;

/// <summary>One token that enters the decoder in a step, of whichever sequence.</summary>
/// <param name="Audio">What its sequence is a transcript of.</param>
/// <param name="State">Its sequence; its position is the sequence's length so far.</param>
/// <param name="Token">The token.</param>
/// <param name="WantLogits">Whether the next token's logits are asked for: not for the middle of a prompt.</param>
public readonly record struct DecoderRow(AudioFeatures Audio, DecoderState State, int Token, bool WantLogits);

/// <summary>
/// Tokens and audio features to the next token's logits. A step takes any rows, of any sequences, several of one sequence if need be (a prompt): each
/// weight is used in one matrix product for all rows, only attention is per row.
/// </summary>
/// <remarks>Source: openai/whisper, <c>model.py</c>, TextDecoder. One call at a time: the activations are the instance's.</remarks>
internal sealed class TextDecoder : IDisposable
{
    private readonly CpuDevice _device;
    private readonly WhisperHyperParameters _parameters;
    private readonly PackedMatrix _tokenEmbedding;
    private readonly Tensor _positionalEmbedding;
    private readonly ResidualAttentionBlock[] _blocks;
    private readonly LayerNorm _ln;
    private readonly Tensor _x;
    private readonly Tensor _normed;
    private readonly Tensor _query;
    private readonly Tensor _key;
    private readonly Tensor _value;
    private readonly Tensor _hidden;
    private readonly Tensor _logits;
    private readonly Tensor _audioKey;
    private readonly Tensor _audioValue;
    private readonly KeyValueCache[] _caches;
    private readonly int[] _counts;

    /// <param name="maximumRows">The most rows of a step.</param>
    public TextDecoder(WeightLoader loader, int maximumRows)
    {
        var p = loader.HyperParameters;
        _device = loader.Device;
        _parameters = p;
        MaximumRows = maximumRows;
        _tokenEmbedding = loader.Matrix("decoder.token_embedding.weight");
        _positionalEmbedding = loader.Table("decoder.positional_embedding");
        _blocks = [.. Enumerable.Range(0, p.TextLayers).Select(i => new ResidualAttentionBlock(loader, $"decoder.blocks.{i}", crossAttention: true))];
        _ln = loader.LayerNorm("decoder.ln");
        _x = new Tensor(maximumRows, p.TextState);
        _normed = new Tensor(maximumRows, p.TextState);
        _query = new Tensor(maximumRows, p.TextState);
        _key = new Tensor(maximumRows, p.TextState);
        _value = new Tensor(maximumRows, p.TextState);
        _hidden = new Tensor(maximumRows, 4 * p.TextState);
        _logits = new Tensor(maximumRows, _tokenEmbedding.PaddedOutputs);
        _audioKey = new Tensor(p.AudioContext, p.TextState);
        _audioValue = new Tensor(p.AudioContext, p.TextState);
        _caches = new KeyValueCache[maximumRows];
        _counts = new int[maximumRows];
    }

    public int MaximumRows { get; }

    /// <summary>Bytes of the weights that a step reads; those that only the audio features meet are not among them.</summary>
    public long WeightBytes => _tokenEmbedding.SizeInBytes + _blocks.Sum(block => block.StepWeightBytes);

    public DecoderState NewState() => new(_device, _parameters);

    public AudioFeatures NewAudioFeatures() => new(_device, _parameters);

    /// <summary>Projects the encoder's output, [positions, state], to the keys and values of every layer.</summary>
    public void Project(TensorView encoded, AudioFeatures features)
    {
        var (key, value) = (_audioKey.View(encoded.Rows), _audioValue.View(encoded.Rows));
        for (var layer = 0; layer < _blocks.Length; layer++)
        {
            var attention = _blocks[layer].CrossAttention!;
            _device.Linear(encoded, attention.Key, key);
            _device.Linear(encoded, attention.Value, value);
            features.Layers[layer].Clear();
            _device.Append(features.Layers[layer], key, value);
        }
    }

    /// <summary>Takes in one token per row.</summary>
    /// <param name="rows">At most <see cref="MaximumRows"/>; rows of one sequence side by side, in their order.</param>
    /// <param name="capture">Where to keep the cross-attention scores of the alignment heads, if they are wanted; then all rows are of one sequence.</param>
    /// <returns>[rows that want logits, vocabulary], in the order of the rows; valid until the next call, free to be overwritten.</returns>
    /// <exception cref="InvalidOperationException">A sequence is longer than the model's text context.</exception>
    public TensorView Forward(ReadOnlySpan<DecoderRow> rows, AlignmentScores? capture = null)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows.Length, MaximumRows, nameof(rows));
        var (x, normed, query) = (_x.View(rows.Length), _normed.View(rows.Length), _query.View(rows.Length));
        Embed(rows, x);
        for (var layer = 0; layer < _blocks.Length; layer++)
        {
            var block = _blocks[layer];
            block.AttentionNorm.Forward(_device, x, normed);
            _device.Linear(normed, block.Attention.Query, query);
            AppendTokens(rows, layer, normed);
            _device.AttendEach(query, _caches, _counts, normed);
            _device.Linear(normed, block.Attention.Out, x, accumulate: true);

            block.CrossAttentionNorm!.Forward(_device, x, normed);
            _device.Linear(normed, block.CrossAttention!.Query, query);
            for (var row = 0; row < rows.Length; row++)
            {
                _caches[row] = rows[row].Audio.Layers[layer];
                _counts[row] = _caches[row].Count;
            }

            capture?.Add(_device, layer, query, _caches[0]);
            _device.AttendEach(query, _caches, _counts, normed);
            _device.Linear(normed, block.CrossAttention.Out, x, accumulate: true);
            block.Mlp(_device, x, normed, _hidden.View(rows.Length));
        }

        var wanted = 0;
        for (var row = 0; row < rows.Length; row++)
        {
            if (rows[row].WantLogits)
                x.Row(row).CopyTo(normed.Row(wanted++));
        }

        var last = normed.Slice(0, wanted);
        _ln.Forward(_device, last, last);
        var logits = _logits.View(0, wanted, _parameters.VocabularySize, _logits.Columns);
        _device.Linear(last, _tokenEmbedding, logits);
        return logits;
    }

    public void Dispose()
    {
        foreach (var tensor in (ReadOnlySpan<Tensor>)[_positionalEmbedding, _x, _normed, _query, _key, _value, _hidden, _logits, _audioKey, _audioValue])
            tensor.Dispose();
        foreach (var block in _blocks)
            block.Dispose();
        _tokenEmbedding.Dispose();
        _ln.Dispose();
    }

    /// <summary>x = token_embedding[token] + positional_embedding[position].</summary>
    private void Embed(ReadOnlySpan<DecoderRow> rows, TensorView x)
    {
        var position = 0;
        for (var row = 0; row < rows.Length; row++)
        {
            position = row > 0 && rows[row - 1].State == rows[row].State ? position + 1 : rows[row].State.Length;
            if (position >= _parameters.TextContext)
                throw new InvalidOperationException($"A sequence is longer than the {_parameters.TextContext} tokens of this model's text context.");
            _tokenEmbedding.ReadRow(rows[row].Token, x.Row(row));
            _device.Add(x.Slice(row, 1), _positionalEmbedding.View().Slice(position, 1));
        }
    }

    /// <summary>Computes this layer's keys and values of all rows and appends each to its sequence; leaves in <c>_caches</c> what each row attends to.</summary>
    private void AppendTokens(ReadOnlySpan<DecoderRow> rows, int layer, TensorView normed)
    {
        var (key, value) = (_key.View(rows.Length), _value.View(rows.Length));
        _device.Linear(normed, _blocks[layer].Attention.Key, key);
        _device.Linear(normed, _blocks[layer].Attention.Value, value);
        for (var row = 0; row < rows.Length; row++)
        {
            var cache = rows[row].State.Layers[layer];
            _device.Append(cache, key.Slice(row, 1), value.Slice(row, 1));
            _caches[row] = cache;
            _counts[row] = cache.Count;
        }
    }
}
