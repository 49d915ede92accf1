using Speech.Models.Transformer;
using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Whisper;

/// <summary>A stretch of a spectrogram to be encoded.</summary>
/// <param name="Mel">[frames, mels], of which the last is repeated beyond the end.</param>
/// <param name="FirstFrame">Where the window begins.</param>
/// <param name="Context">Positions of 20 ms to compute.</param>
public readonly record struct AudioWindow(ReadOnlyMemory<float> Mel, int FirstFrame, int Context);

/// <summary>
/// Log-mel frames to audio features: two convolutions (the second halves the frame rate), sinusoidal positions, transformer blocks, a final
/// norm. Frames lie row after row here, so a convolution of width 3 is a matrix product over overlapping rows, with a row of zeros at
/// either end.
/// </summary>
/// <remarks>Source: openai/whisper, <c>model.py</c>, AudioEncoder. One call at a time: the activations are the instance's.</remarks>
internal sealed class AudioEncoder : IDisposable
{
    // Positions that are convolved together: the frames between the two convolutions are many and needed only once.
    private const int ChunkPositions = 384;
    private readonly CpuDevice _device;
    private readonly int _state;
    private readonly int _melCount;
    private readonly PackedMatrix _conv1;
    private readonly PackedMatrix _conv2;
    private readonly Tensor _positionalEmbedding;
    private readonly TransformerEncoder _transformer;
    private readonly Tensor _mel;
    private readonly Tensor _conv;
    private readonly Tensor _x;

    public AudioEncoder(WeightLoader loader)
    {
        var p = loader.HyperParameters;
        _device = loader.Device;
        _state = p.AudioState;
        _melCount = p.MelCount;
        Context = p.AudioContext;
        _conv1 = loader.Convolution("encoder.conv1");
        _conv2 = loader.Convolution("encoder.conv2");
        _positionalEmbedding = loader.Table("encoder.positional_embedding");
        TransformerBlock[] blocks =
            [.. Enumerable.Range(0, p.AudioLayers).Select(i => loader.Block($"encoder.blocks.{i}", crossAttention: false))];
        _transformer = new TransformerEncoder(_device, p.Encoder, blocks, loader.LayerNorm("encoder.ln_post"), Context);
        _mel = new Tensor((2 * Context) + 2, _melCount);
        _conv = new Tensor((2 * Math.Min(ChunkPositions, Context)) + 1, _state);
        _x = new Tensor(Context, _state);
    }

    /// <summary>Positions of a full window (1500 for 30 s), 20 ms each.</summary>
    public int Context { get; }

    /// <summary>Encodes windows whose contexts together are at most <see cref="Context"/>.</summary>
    /// <returns>[sum of the contexts, state], valid until the next call.</returns>
    public TensorView Forward(ReadOnlySpan<AudioWindow> windows)
    {
        Span<int> contexts = stackalloc int[windows.Length];
        var positions = 0;
        for (var i = 0; i < windows.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(windows[i].Context, nameof(windows));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(positions + windows[i].Context, Context, nameof(windows));
            Convolve(windows[i], _x.View().Slice(positions, windows[i].Context));
            contexts[i] = windows[i].Context;
            positions += windows[i].Context;
        }

        var x = _x.View(positions);
        _transformer.Forward(x, contexts);
        return x;
    }

    public void Dispose()
    {
        foreach (var tensor in (ReadOnlySpan<Tensor>)[_positionalEmbedding, _mel, _conv, _x])
            tensor.Dispose();
        _transformer.Dispose();
        _conv1.Dispose();
        _conv2.Dispose();
    }

    /// <param name="x">Gets [context, state].</param>
    private void Convolve(AudioWindow window, TensorView x)
    {
        var frames = 2 * window.Context;
        CopyFrames(window, _mel.View(_melCount, 1, frames * _melCount, 0).Row(0));
        _mel.Row(frames + 1).Clear();
        for (var position = 0; position < window.Context; position += ChunkPositions)
        {
            // Position t is made of the first convolution's frames 2t-1 to 2t+1, of which the very first is nothing.
            var positions = Math.Min(ChunkPositions, window.Context - position);
            var before = position == 0 ? 1 : 0;
            var count = (2 * positions) + 1 - before;
            _conv.Row(0).Clear();
            _device.Linear(
                _mel.View(((2 * position) - 1 + before) * _melCount, count, 3 * _melCount, _melCount), _conv1,
                _conv.View(before * _state, count, _state, _state), Activation.Gelu);
            _device.Linear(_conv.View(0, positions, 3 * _state, 2 * _state), _conv2, x.Slice(position, positions), Activation.Gelu);
        }

        _device.Add(x, _positionalEmbedding.View(window.Context));
    }

    private void CopyFrames(AudioWindow window, Span<float> frames)
    {
        var mel = window.Mel.Span;
        var heard = mel[Math.Min(mel.Length, window.FirstFrame * _melCount)..];
        heard = heard[..Math.Min(heard.Length, frames.Length)];
        heard.CopyTo(frames);
        for (var rest = frames[heard.Length..]; !rest.IsEmpty; rest = rest[_melCount..])
            mel[^_melCount..].CopyTo(rest);
    }
}
