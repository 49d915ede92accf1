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

    /// <summary>Numbers in the spectrogram of so many samples.</summary>
    public int MelLength(int samples) => (LogMelSpectrogram.AudibleFrames(samples) + 1) * HyperParameters.MelCount;

    /// <summary>The log-mel spectrogram of a recording.</summary>
    /// <param name="mel">
    /// <see cref="MelLength"/> numbers: [frames, mels], 10 ms a frame, one frame of silence last, which <see cref="Encode(ReadOnlySpan{float}, int, int)"/> takes for all later ones.
    /// </param>
    public void LogMel(ReadOnlySpan<float> samples, Span<float> mel) => _logMel.Compute(samples, mel.Length / HyperParameters.MelCount, mel);

    /// <summary>Encodes a window of a spectrogram.</summary>
    /// <param name="mel">[frames, mels], of which the last is repeated beyond the end.</param>
    /// <param name="firstFrame">Where the window begins.</param>
    /// <param name="context">Positions of 20 ms, at most the model's audio context.</param>
    /// <param name="features">Gets the result.</param>
    public void Encode(ReadOnlySpan<float> mel, int firstFrame, int context, AudioFeatures features) =>
        _decoder.Project(Encode(mel, firstFrame, context), features);

    /// <summary>The encoder alone.</summary>
    /// <returns>[context, state], valid until the next call.</returns>
    public TensorView Encode(ReadOnlySpan<float> mel, int firstFrame, int context)
    {
        var input = _encoder.Mel(context);
        var heard = mel[Math.Min(mel.Length, firstFrame * HyperParameters.MelCount)..];
        heard = heard[..Math.Min(heard.Length, input.Length)];
        heard.CopyTo(input);
        for (var rest = input[heard.Length..]; !rest.IsEmpty; rest = rest[HyperParameters.MelCount..])
            mel[^HyperParameters.MelCount..].CopyTo(rest);
        return _encoder.Forward(context);
    }

    public AudioFeatures NewAudioFeatures() => _decoder.NewAudioFeatures();

    public DecoderState NewDecoderState() => _decoder.NewState();

    /// <summary>One decoder step: see <see cref="DecoderRow"/>. Rows of one sequence are neighbours and in order.</summary>
    /// <returns>[rows that want logits, vocabulary], valid until the next call, free to be overwritten.</returns>
    public TensorView Decode(ReadOnlySpan<DecoderRow> rows) => _decoder.Forward(rows);

    /// <summary>A decoder step of one sequence that also keeps the cross-attention scores of the alignment heads.</summary>
    internal TensorView Decode(ReadOnlySpan<DecoderRow> rows, AlignmentScores capture) => _decoder.Forward(rows, capture);

    public void Dispose()
    {
        _encoder.Dispose();
        _decoder.Dispose();
    }
}
