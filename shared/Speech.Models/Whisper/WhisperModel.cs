using Speech.Models.Batching;
using Speech.Models.Transformer;
using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Whisper;

/// <summary>A loaded Whisper model: log-mel front end, encoder, decoder and tokenizer on one device. For one caller at a time.</summary>
public sealed class WhisperModel : IEncoderDecoder, IDisposable
{
    /// <summary>Samples at 16 kHz of a full window of 30 s.</summary>
    public const int WindowSamples = 30 * LogMelSpectrogram.SampleRate;

    private readonly LogMelSpectrogram _logMel;
    private readonly AudioEncoder _encoder;
    private readonly TransformerDecoder _decoder;

    private WhisperModel(
        WhisperFile file, CpuDevice device, bool trainedForShortContext, bool takesPrompts, int maximumRows, bool widenWeights)
    {
        var loader = new WeightLoader(file, device, widenWeights);
        Device = device;
        HyperParameters = file.HyperParameters;
        TrainedForShortContext = trainedForShortContext;
        TakesPrompts = takesPrompts;
        Tokenizer = new WhisperTokenizer(file);
        _logMel = new LogMelSpectrogram(file.MelFilters, file.HyperParameters.MelCount);
        _encoder = new AudioEncoder(loader);

        var p = file.HyperParameters;
        var embedding = new TokenEmbedding(loader.Matrix("decoder.token_embedding.weight"), loader.Table("decoder.positional_embedding"));
        TransformerBlock[] blocks =
            [.. Enumerable.Range(0, p.TextLayers).Select(i => loader.Block($"decoder.blocks.{i}", crossAttention: true))];
        _decoder = new TransformerDecoder(
            device, p.Decoder, embedding, blocks, loader.LayerNorm("decoder.ln"), maximumRows, p.AudioContext);
    }

    public CpuDevice Device { get; }

    public WhisperHyperParameters HyperParameters { get; }

    public WhisperTokenizer Tokenizer { get; }

    /// <summary>Whether <see cref="AudioContext.Auto"/> shortens the window.</summary>
    public bool TrainedForShortContext { get; }

    /// <summary>Whether <see cref="DecodingOptions.Prompt"/> is given to it.</summary>
    public bool TakesPrompts { get; }

    /// <summary>Bytes of the weights that a decoder step reads.</summary>
    public long DecoderWeightBytes => _decoder.WeightBytes;

    /// <summary>The most rows of one <see cref="Decode(ReadOnlySpan{DecoderRow})"/>.</summary>
    public int MaximumRows => _decoder.MaximumRows;

    /// <summary>The most encoder positions of one <see cref="Encode(ReadOnlySpan{AudioWindow}, ReadOnlySpan{EncoderMemory})"/>.</summary>
    public int MaximumEncoderRows => _encoder.Context;

    /// <summary>Loads a ggml file. The device stays the caller's to dispose.</summary>
    /// <param name="trainedForShortContext">See <see cref="TrainedForShortContext"/>.</param>
    /// <param name="takesPrompts">See <see cref="TakesPrompts"/>.</param>
    /// <param name="maximumRows">The most tokens that one decoder step takes in, over all sequences.</param>
    /// <param name="widenWeights">Keep all weights as floats, whatever the file stores: slower, the same results; for comparisons.</param>
    /// <exception cref="ModelFileException">The file is missing, damaged, or not a Whisper model.</exception>
    public static WhisperModel Load(
        string path, CpuDevice device, bool trainedForShortContext = false, bool takesPrompts = true, int maximumRows = 64,
        bool widenWeights = false)
    {
        using var file = WhisperFile.Open(path);
        var model = new WhisperModel(file, device, trainedForShortContext, takesPrompts, maximumRows, widenWeights);

        // What was read and unpacked on the way is large, garbage now, and nothing like it will be needed again.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return model;
    }

    /// <summary>Numbers in the spectrogram of so many samples.</summary>
    public int MelLength(int samples) => ((int)LogMelSpectrogram.AudibleFrames(samples) + 1) * HyperParameters.MelCount;

    /// <summary>The log-mel spectrogram of a recording.</summary>
    /// <param name="mel">
    /// <see cref="MelLength"/> numbers: [frames, mels], 10 ms a frame, one frame of silence last, which
    /// <see cref="Encode(ReadOnlySpan{AudioWindow})"/> takes for all later ones.
    /// </param>
    public void LogMel(ReadOnlySpan<float> samples, Span<float> mel) =>
        _logMel.Compute(samples, mel.Length / HyperParameters.MelCount, mel);

    /// <summary>A part of one, yet to be scaled: see <see cref="LogMelSpectrogram.Logarithms"/>.</summary>
    internal float LogMel(ReadOnlySpan<float> samples, int first, int frames, Span<float> mel) =>
        _logMel.Logarithms(samples, first, frames, mel);

    /// <summary>Encodes windows whose contexts together are at most the model's audio context.</summary>
    /// <param name="windows">Of any recordings.</param>
    /// <param name="memories">Get the results, one for each window.</param>
    public void Encode(ReadOnlySpan<AudioWindow> windows, ReadOnlySpan<EncoderMemory> memories)
    {
        Span<int> contexts = stackalloc int[windows.Length];
        for (var i = 0; i < windows.Length; i++)
            contexts[i] = windows[i].Context;
        _decoder.Project(Encode(windows), contexts, memories);
    }

    /// <summary>The encoder alone.</summary>
    /// <returns>[sum of the contexts, state], valid until the next call.</returns>
    public TensorView Encode(ReadOnlySpan<AudioWindow> windows) => _encoder.Forward(windows);

    public EncoderMemory NewEncoderMemory() => _decoder.NewMemory(HyperParameters.AudioContext);

    public DecoderState NewDecoderState() => _decoder.NewState();

    /// <summary>One decoder step: see <see cref="DecoderRow"/>. Rows of one sequence are neighbours and in order.</summary>
    /// <returns>[rows that want logits, vocabulary], valid until the next call, free to be overwritten.</returns>
    public TensorView Decode(ReadOnlySpan<DecoderRow> rows) => _decoder.Forward(rows);

    /// <summary>A decoder step of one sequence that also keeps the cross-attention scores of the alignment heads.</summary>
    internal TensorView Decode(ReadOnlySpan<DecoderRow> rows, AlignmentScores capture) => _decoder.Forward(rows, capture.Add);

    public void Dispose()
    {
        _encoder.Dispose();
        _decoder.Dispose();
    }
}
