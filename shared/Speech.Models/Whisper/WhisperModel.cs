using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Whisper;

/// <summary>A loaded Whisper model: log-mel front end, encoder, decoder and tokenizer on one device. For one caller at a time.</summary>
public sealed class WhisperModel : IDisposable
{
    /// <summary>Samples at 16 kHz of a full window of 30 s.</summary>
    public const int WindowSamples = 30 * LogMelSpectrogram.SampleRate;

    private readonly LogMelSpectrogram _logMel;
    private readonly AudioEncoder _encoder;
    private readonly TextDecoder _decoder;

    private WhisperModel(WhisperFile file, CpuDevice device, bool trainedForShortContext, int maximumRows, bool widenWeights)
    {
        var loader = new WeightLoader(file, device, widenWeights);
        Device = device;
        HyperParameters = file.HyperParameters;
        TrainedForShortContext = trainedForShortContext;
        Tokenizer = new WhisperTokenizer(file);
        _logMel = new LogMelSpectrogram(file.MelFilters, file.HyperParameters.MelCount);
        _encoder = new AudioEncoder(loader);
        _decoder = new TextDecoder(loader, maximumRows);
    }

    public CpuDevice Device { get; }

    public WhisperHyperParameters HyperParameters { get; }

    public WhisperTokenizer Tokenizer { get; }

    /// <summary>Whether <see cref="AudioContext.Auto"/> shortens the window.</summary>
    public bool TrainedForShortContext { get; }

    /// <summary>Bytes of the weights that a decoder step reads.</summary>
    public long DecoderWeightBytes => _decoder.WeightBytes;

    /// <summary>The most rows of one <see cref="Decode"/>.</summary>
    public int MaximumRows => _decoder.MaximumRows;

    /// <summary>Loads a ggml file. The device stays the caller's to dispose.</summary>
    /// <param name="trainedForShortContext">See <see cref="TrainedForShortContext"/>.</param>
    /// <param name="maximumRows">The most tokens that one decoder step takes in, over all sequences.</param>
    /// <param name="widenWeights">Keep all weights as floats, whatever the file stores: slower, the same results; for comparisons.</param>
    /// <exception cref="ModelFileException">The file is missing, damaged, or not a Whisper model.</exception>
    public static WhisperModel Load(string path, CpuDevice device, bool trainedForShortContext = false, int maximumRows = 64, bool widenWeights = false)
    {
        using var file = WhisperFile.Open(path);
        return new WhisperModel(file, device, trainedForShortContext, maximumRows, widenWeights);
    }

    /// <summary>Encodes samples (16 kHz mono) into the first <paramref name="context"/> positions of a window.</summary>
    /// <returns>[context, state], valid until the next call.</returns>
    public TensorView Encode(ReadOnlySpan<float> samples, int context)
    {
        if (samples.Length > WindowSamples)
            throw new ArgumentException($"A window holds 30 s; this audio has {samples.Length / (double)LogMelSpectrogram.SampleRate:F1} s. Cut it into segments first.", nameof(samples));
        _logMel.Compute(samples, 2 * context, _encoder.Mel(context));
        return _encoder.Forward(context);
    }

    /// <summary>The spectrogram of a full window, without encoding it: for measurements.</summary>
    public void LogMel(ReadOnlySpan<float> samples) => _logMel.Compute(samples, 2 * _encoder.Context, _encoder.Mel(_encoder.Context));

    public DecoderState NewDecoderState() => _decoder.NewState();

    /// <summary>Begins a new sequence over encoded audio.</summary>
    public void Begin(DecoderState state, TensorView audioFeatures) => _decoder.Begin(state, audioFeatures);

    /// <summary>One decoder step: see <see cref="DecoderRow"/>. Rows of one sequence are neighbours and in order.</summary>
    /// <returns>[rows that want logits, vocabulary], valid until the next call.</returns>
    public TensorView Decode(ReadOnlySpan<DecoderRow> rows) => _decoder.Forward(rows);

    public void Dispose()
    {
        _encoder.Dispose();
        _decoder.Dispose();
    }
}
