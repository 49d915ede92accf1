using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Whisper;

/// <summary>
/// Log-mel frames to audio features: two convolutions (the second halves the frame rate), sinusoidal positions, transformer blocks, a final norm.
/// Frames lie row after row here, so a convolution of width 3 is a matrix product over overlapping rows, with a row of zeros at either end.
/// </summary>
/// <remarks>Source: openai/whisper, <c>model.py</c>, AudioEncoder. One call at a time: the activations are the instance's.</remarks>
internal sealed class AudioEncoder : IDisposable
{
    private readonly CpuDevice _device;
    private readonly int _state;
    private readonly PackedMatrix _conv1;
    private readonly PackedMatrix _conv2;
    private readonly Tensor _positionalEmbedding;
    private readonly ResidualAttentionBlock[] _blocks;
    private readonly LayerNorm _lnPost;
    private readonly KeyValueCache _keys;
    private readonly Tensor _mel;
    private readonly Tensor _conv;
    private readonly Tensor _x;
    private readonly Tensor _normed;
    private readonly Tensor _query;
    private readonly Tensor _key;
    private readonly Tensor _value;
    private readonly Tensor _hidden;

    public AudioEncoder(WeightLoader loader)
    {
        var p = loader.HyperParameters;
        _device = loader.Device;
        _state = p.AudioState;
        Context = p.AudioContext;
        MelCount = p.MelCount;
        _conv1 = loader.Convolution("encoder.conv1");
        _conv2 = loader.Convolution("encoder.conv2");
        _positionalEmbedding = loader.Table("encoder.positional_embedding");
        _blocks = [.. Enumerable.Range(0, p.AudioLayers).Select(i => new ResidualAttentionBlock(loader, $"encoder.blocks.{i}", crossAttention: false))];
        _lnPost = loader.LayerNorm("encoder.ln_post");
        _keys = new KeyValueCache(_device, p.AudioHeads, WhisperHyperParameters.HeadSize, Context);
        _mel = new Tensor((2 * Context) + 2, MelCount);
        _conv = new Tensor((2 * Context) + 2, _state);
        _x = new Tensor(Context, _state);
        _normed = new Tensor(Context, _state);
        _query = new Tensor(Context, _state);
        _key = new Tensor(Context, _state);
        _value = new Tensor(Context, _state);
        _hidden = new Tensor(Context, 4 * _state);
    }

    /// <summary>Positions of a full window (1500 for 30 s), 20 ms each.</summary>
    public int Context { get; }

    public int MelCount { get; }

    /// <summary>Where the caller writes the log-mel spectrogram before <see cref="Forward"/>: [2·context, mels], frame after frame.</summary>
    public Span<float> Mel(int context) => _mel.View(MelCount, 1, 2 * context * MelCount, 0).Row(0);

    /// <summary>Encodes the frames in <see cref="Mel"/>.</summary>
    /// <param name="context">Positions to compute, up to <see cref="Context"/>.</param>
    /// <returns>[context, state], valid until the next call.</returns>
    public TensorView Forward(int context)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(context);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(context, Context);
        var frames = 2 * context;
        _mel.Row(frames + 1).Clear();
        _conv.Row(frames + 1).Clear();
        _device.Linear(_mel.View(0, frames, 3 * MelCount, MelCount), _conv1, _conv.View(_state, frames, _state, _state), Activation.Gelu);

        var x = _x.View(context);
        _device.Linear(_conv.View(0, context, 3 * _state, 2 * _state), _conv2, x, Activation.Gelu);
        _device.Add(x, _positionalEmbedding.View(context));

        foreach (var block in _blocks)
        {
            Attend(block, x);
            block.Mlp(_device, x, _normed.View(context), _hidden.View(context));
        }

        _lnPost.Forward(_device, x, x);
        return x;
    }

    public void Dispose()
    {
        foreach (var tensor in (ReadOnlySpan<Tensor>)[_positionalEmbedding, _mel, _conv, _x, _normed, _query, _key, _value, _hidden])
            tensor.Dispose();
        foreach (var block in _blocks)
            block.Dispose();
        _conv1.Dispose();
        _conv2.Dispose();
        _lnPost.Dispose();
        _keys.Dispose();
    }

    /// <summary>x += attn(attn_ln(x)).</summary>
    private void Attend(ResidualAttentionBlock block, TensorView x)
    {
        var (normed, query, key, value) = (_normed.View(x.Rows), _query.View(x.Rows), _key.View(x.Rows), _value.View(x.Rows));
        block.AttentionNorm.Forward(_device, x, normed);
        _device.Linear(normed, block.Attention.Query, query);
        _device.Linear(normed, block.Attention.Key, key);
        _device.Linear(normed, block.Attention.Value, value);
        _keys.Clear();
        _device.Append(_keys, key, value);
        _device.Attend(query, _keys, normed);
        _device.Linear(normed, block.Attention.Out, x, accumulate: true);
    }
}
