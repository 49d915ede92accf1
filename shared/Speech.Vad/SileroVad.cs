using System.Numerics;
using System.Runtime.InteropServices;
using Speech.Tensors;
using Speech.Tensors.Ggml;

namespace Speech.Vad;

/// <summary>Silero's voice-activity detector: the probability that somebody speaks, every 32 ms.
/// <code>
/// 64 samples of the previous window + 512 new + 64 mirrored                       [640]
/// short-time Fourier transform, 256 samples every 128, magnitudes                 [4, 129]
/// four convolutions of width 3 with ReLU, strides 1 2 2 1                         [4, 128] [2, 64] [1, 64] [1, 128]
/// LSTM                                                                            [128]
/// ReLU, one linear output, sigmoid
/// </code>
/// Signals are time-major with a row of zeros at either end, so that a convolution's window is a contiguous run. Weights are shared by all
/// streams and threads; what belongs to one stream is in its <see cref="SileroVadState"/>, and scratch memory is on the stack.</summary>
/// <remarks>Source: snakers4/silero-vad, <c>tinygrad_model.py</c>.</remarks>
public sealed class SileroVad
{
    public const int SampleRate = 16000;

    /// <summary>Samples of one window: 32 ms.</summary>
    public const int WindowLength = 512;

    internal const int ContextLength = 64;
    internal const int HiddenSize = 128;
    internal const int KernelSize = 3;

    private const int FourierLength = 256;
    private const int FourierHop = 128;
    private const int FourierFrames = 4;
    private const int Bins = FourierLength / 2 + 1;

    internal static readonly (
        int Inputs, int Outputs, int Stride)[] EncoderLayers = [(Bins, 128, 1), (128, 64, 2), (64, 64, 2), (64, 128, 1)];

    private readonly WindowedProduct _fourier;
    private readonly WindowedProduct[] _encoder;
    private readonly WindowedProduct _gates;
    private readonly float[] _output;
    private readonly float _outputBias;

    private SileroVad(GgmlFile file)
    {
        var basis = file.Get("_model.stft.forward_basis_buffer", 2 * Bins, 1, FourierLength).ToSingles();
        _fourier = new WindowedProduct(2 * Bins, FourierLength, (o, i) => basis[o * FourierLength + i], []);

        _encoder = new WindowedProduct[EncoderLayers.Length];
        for (var layer = 0; layer < _encoder.Length; layer++)
        {
            var (inputs, outputs, _) = EncoderLayers[layer];
            var name = $"_model.encoder.{layer}.reparam_conv";
            var weight = file.Get($"{name}.weight", outputs, inputs, KernelSize).ToSingles();
            var bias = file.Get($"{name}.bias", outputs).ToSingles();
            _encoder[layer] = new WindowedProduct(
                outputs, KernelSize * inputs, (o, i) => weight[(o * inputs + i % inputs) * KernelSize + i / inputs], bias);
        }

        var fromInput = file.Get("_model.decoder.rnn.weight_ih", 4 * HiddenSize, HiddenSize).ToSingles();
        var fromHidden = file.Get("_model.decoder.rnn.weight_hh", 4 * HiddenSize, HiddenSize).ToSingles();
        var gateBias = file.Get("_model.decoder.rnn.bias_ih", 4 * HiddenSize).ToSingles();
        var hiddenBias = file.Get("_model.decoder.rnn.bias_hh", 4 * HiddenSize).ToSingles();
        for (var i = 0; i < gateBias.Length; i++)
            gateBias[i] += hiddenBias[i];
        _gates = new WindowedProduct(
            4 * HiddenSize,
            2 * HiddenSize,
            (o, i) => i < HiddenSize ? fromInput[o * HiddenSize + i] : fromHidden[o * HiddenSize + i - HiddenSize],
            gateBias);

        _output = file.Get("_model.decoder.decoder.2.weight", HiddenSize).ToSingles();
        _outputBias = file.Get("_model.decoder.decoder.2.bias").ToSingles()[0];
    }

    /// <exception cref="ModelFileException">The file is missing, damaged or not Silero's 16 kHz model.</exception>
    public static SileroVad Load(string path)
    {
        using var file = SileroVadFile.Open(path);
        return new SileroVad(file);
    }

    /// <summary>The probability of speech in the stream's next window.</summary>
    /// <param name="state">The stream's state, brought forward.</param>
    /// <param name="window">512 samples, -1..1; the stream's last, shorter one filled up with zeros.</param>
    public float Process(SileroVadState state, ReadOnlySpan<float> window)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentOutOfRangeException.ThrowIfNotEqual(window.Length, WindowLength);

        var gatesInput = (stackalloc float[2 * HiddenSize]);
        Encode(state, window, gatesInput);
        state.Hidden.CopyTo(gatesInput[HiddenSize..]);
        window[^ContextLength..].CopyTo(state.Context);
        var probability = Decode(state, gatesInput);

        // Samples that are no numbers would stay in the state for ever; the stream begins anew instead.
        if (float.IsFinite(probability))
            return probability;
        state.Reset();
        return 0;
    }

    private void Encode(SileroVadState state, ReadOnlySpan<float> window, Span<float> output)
    {
        var samples = (stackalloc float[ContextLength + WindowLength + ContextLength]);
        state.Context.CopyTo(samples);
        window.CopyTo(samples[ContextLength..]);
        const int End = ContextLength + WindowLength;
        for (var i = 0; i < ContextLength; i++)
            samples[End + i] = samples[End - 2 - i];

        var spectrum = (stackalloc float[FourierFrames * _fourier.OutputStride]);
        _fourier.Apply(samples, FourierHop, FourierFrames, spectrum);

        // Every layer's input has a row of zeros before and after; the largest is the first.
        var signal = (stackalloc float[(FourierFrames + 2) * Bins]);
        var next = (stackalloc float[FourierFrames * Math.Max(_encoder[0].OutputStride, _encoder[^1].OutputStride)]);
        signal.Clear();
        for (var frame = 0; frame < FourierFrames; frame++)
        {
            var real = spectrum.Slice(frame * _fourier.OutputStride, Bins);
            var imaginary = spectrum.Slice(frame * _fourier.OutputStride + Bins, Bins);
            Magnitude(real, imaginary, signal.Slice((frame + 1) * Bins, Bins));
        }

        var length = FourierFrames;
        for (var layer = 0; layer < _encoder.Length; layer++)
        {
            var (inputs, outputs, stride) = EncoderLayers[layer];
            var product = _encoder[layer];
            length = (length - 1) / stride + 1;
            product.Apply(signal, stride * inputs, length, next);

            signal[..((length + 2) * outputs)].Clear();
            for (var position = 0; position < length; position++)
                Rectify(next.Slice(position * product.OutputStride, outputs), signal.Slice((position + 1) * outputs, outputs));
        }

        signal.Slice(HiddenSize, HiddenSize).CopyTo(output);
    }

    private float Decode(SileroVadState state, ReadOnlySpan<float> gatesInput)
    {
        var gates = (stackalloc float[_gates.OutputStride]);
        _gates.Apply(gatesInput, 0, 1, gates);

        var input = Vectors(gates[..HiddenSize]);
        var forget = Vectors(gates.Slice(HiddenSize, HiddenSize));
        var candidate = Vectors(gates.Slice(2 * HiddenSize, HiddenSize));
        var emit = Vectors(gates.Slice(3 * HiddenSize, HiddenSize));
        var cell = Vectors(state.Cell);
        var hidden = Vectors(state.Hidden);
        var weights = Vectors(_output);
        var sum = Vector<float>.Zero;
        for (var i = 0; i < cell.Length; i++)
        {
            cell[i] = Sigmoid(forget[i]) * cell[i] + Sigmoid(input[i]) * Tanh(candidate[i]);
            hidden[i] = Sigmoid(emit[i]) * Tanh(cell[i]);
            sum += weights[i] * Vector.Max(hidden[i], Vector<float>.Zero);
        }

        return 1 / (1 + MathF.Exp(-(Vector.Sum(sum) + _outputBias)));
    }

    private static Span<Vector<float>> Vectors(Span<float> values) => MemoryMarshal.Cast<float, Vector<float>>(values);

    private static Vector<float> Sigmoid(Vector<float> x) => Vector<float>.One / (Vector<float>.One + Vector.Exp(-x));

    private static Vector<float> Tanh(Vector<float> x) => Sigmoid(x + x) * 2 - Vector<float>.One;

    private static void Magnitude(ReadOnlySpan<float> real, ReadOnlySpan<float> imaginary, Span<float> magnitude)
    {
        var i = 0;
        for (; i <= magnitude.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var (re, im) = (new Vector<float>(real[i..]), new Vector<float>(imaginary[i..]));
            Vector.SquareRoot(re * re + im * im).CopyTo(magnitude[i..]);
        }

        for (; i < magnitude.Length; i++)
            magnitude[i] = MathF.Sqrt(real[i] * real[i] + imaginary[i] * imaginary[i]);
    }

    private static void Rectify(Span<float> source, Span<float> destination)
    {
        for (var i = 0; i < source.Length; i += Vector<float>.Count)
            Vector.Max(new Vector<float>(source[i..]), Vector<float>.Zero).CopyTo(destination[i..]);
    }
}
