using Speech.Models.Batching;
using Speech.Models.Transformer;
using Speech.Tensors;
using Speech.Tensors.Cpu;
using Speech.Tensors.Files;

namespace Speech.Models.Nllb;

/// <summary>A loaded NLLB-200 or M2M100 model: encoder, decoder and tokenizer on one device. For one caller at a time.</summary>
/// <remarks>Source: huggingface/transformers, <c>modeling_m2m_100.py</c>.</remarks>
public sealed class NllbModel : IEncoderDecoder, IDisposable
{
    private readonly TokenEmbedding _embedding;
    private readonly TransformerEncoder _encoder;
    private readonly TransformerDecoder _decoder;
    private readonly Tensor _x;

    private NllbModel(
        NllbConfig config, ITranslationTokenizer tokenizer, NllbWeights weights, WeightFormat format, CpuDevice device, int maximumRows)
    {
        Config = config;
        Tokenizer = tokenizer;
        Languages = config.ServedLanguages is { } served ? [.. served.Select(code => tokenizer.FindLanguage(code)!)] : tokenizer.Languages;
        Device = device;
        Format = format;
        var scale = config.ScaleEmbedding ? MathF.Sqrt(config.State) : 1;
        _embedding = new TokenEmbedding(weights.Embedding(), SinusoidalPositions.Table(config.MaximumPositions, config.State), scale);
        TransformerBlock[] encoder = [.. Enumerable.Range(0, config.EncoderLayers).Select(weights.EncoderBlock)];
        TransformerBlock[] decoder = [.. Enumerable.Range(0, config.DecoderLayers).Select(weights.DecoderBlock)];
        _encoder = new TransformerEncoder(
            device, config.Encoder, encoder, weights.LayerNorm("model.encoder.layer_norm"), config.MaximumPositions);
        _decoder = new TransformerDecoder(
            device, config.Decoder(format == WeightFormat.Single ? CacheFormat.Single : CacheFormat.Half), _embedding, decoder,
            weights.LayerNorm("model.decoder.layer_norm"), maximumRows, config.MaximumPositions);
        _x = new Tensor(config.MaximumPositions, config.State);
    }

    public NllbConfig Config { get; }

    public ITranslationTokenizer Tokenizer { get; }

    /// <summary>
    /// The model's own codes of the languages that it serves: all of its tokenizer's, unless its configuration says which it has learnt.
    /// </summary>
    public IReadOnlyList<string> Languages { get; }

    public CpuDevice Device { get; }

    /// <summary>How the matrices are stored.</summary>
    public WeightFormat Format { get; }

    /// <summary>Bytes of the weights that a decoder step reads.</summary>
    public long DecoderWeightBytes => _decoder.WeightBytes;

    /// <summary>The most rows of one <see cref="Decode"/>.</summary>
    public int MaximumRows => _decoder.MaximumRows;

    /// <summary>
    /// The most source tokens of one <see cref="Encode(ReadOnlySpan{TranslationRequest}, ReadOnlySpan{EncoderMemory})"/>.
    /// </summary>
    public int MaximumEncoderRows => _encoder.MaximumRows;

    /// <summary>
    /// Loads a Hugging Face folder: config.json, the tokenizer's files, and the weights. The device stays the caller's to dispose.
    /// </summary>
    /// <param name="format">Single, Half or Int8Rows; null: floats if they take little of this machine's memory, else Int8Rows.</param>
    /// <param name="maximumRows">The most tokens that one decoder step takes in, over all sequences.</param>
    /// <exception cref="ModelFileException">A file is missing, damaged, or not of such a model.</exception>
    public static NllbModel Load(string folder, CpuDevice device, WeightFormat? format = null, int maximumRows = 64)
    {
        var config = NllbConfig.Read(folder);
        var tokenizer = TranslationTokenizer.Load(folder);
        if (tokenizer.TokenCount > config.VocabularySize)
            throw new ModelFileException(folder,
                $"its tokenizer has {tokenizer.TokenCount} tokens, its model {config.VocabularySize}; they do not belong together.");
        if (config.ServedLanguages?.FirstOrDefault(code => tokenizer.FindLanguage(code) is null) is { } unknown)
            throw new ModelFileException(folder, $"its configuration says that it serves '{unknown}', which its tokenizer does not know.");
        using var file = WeightFile.Open(folder);
        var stored = format ?? DefaultFormat(config);
        return new NllbModel(config, tokenizer, new NllbWeights(file, config, device, stored), stored, device, maximumRows);
    }

    /// <summary>
    /// The model's own code of a language, given as for <see cref="ITranslationTokenizer.FindLanguage"/>; null when the model does not
    /// serve it.
    /// </summary>
    public string? FindLanguage(string code) =>
        Tokenizer.FindLanguage(code) is { } language && Languages.Contains(language) ? language : null;

    /// <summary>A text as the engine takes it.</summary>
    /// <param name="sourceLanguage">A code of a language that the model serves: see <see cref="FindLanguage"/>.</param>
    /// <param name="targetLanguage">Likewise.</param>
    /// <exception cref="ArgumentException">The model lacks a language, the text is longer than the model takes, or the options make no
    /// sense.</exception>
    public TranslationRequest Prepare(string text, string sourceLanguage, string targetLanguage, TranslationOptions? options = null)
    {
        options ??= new TranslationOptions();
        options.Validate();
        foreach (var language in (ReadOnlySpan<string>)[sourceLanguage, targetLanguage])
        {
            if (FindLanguage(language) is null)
                throw new ArgumentException($"The model does not serve the language '{language}'; it serves {string.Join(' ', Languages)}.",
                    nameof(sourceLanguage));
        }
        var target = Tokenizer.LanguageToken(targetLanguage);
        var source = Tokenizer.Encode(text, sourceLanguage);
        return source.Length <= Config.MaximumPositions
            ? new TranslationRequest(source, target, options)
            : throw new ArgumentException(
                $"The text has {source.Length} tokens; this model takes at most {Config.MaximumPositions}: split it into sentences.",
                nameof(text));
    }

    /// <summary>Encodes sources of at most <see cref="MaximumEncoderRows"/> tokens in all.</summary>
    /// <param name="memories">Get the results, one for each source.</param>
    public void Encode(ReadOnlySpan<TranslationRequest> requests, ReadOnlySpan<EncoderMemory> memories)
    {
        Span<int> lengths = stackalloc int[requests.Length];
        for (var i = 0; i < requests.Length; i++)
            lengths[i] = requests[i].Source.Count;
        _decoder.Project(Encode(requests, lengths), lengths, memories);
    }

    public EncoderMemory NewEncoderMemory() => _decoder.NewMemory(Config.MaximumPositions);

    public DecoderState NewDecoderState() => _decoder.NewState();

    /// <summary>One decoder step: see <see cref="DecoderRow"/>. Rows of one sequence are neighbours and in order.</summary>
    /// <returns>[rows that want logits, vocabulary], valid until the next call, free to be overwritten.</returns>
    public TensorView Decode(ReadOnlySpan<DecoderRow> rows) => _decoder.Forward(rows);

    public void Dispose()
    {
        _encoder.Dispose();
        _decoder.Dispose();
        _x.Dispose();
    }

    /// <summary>The encoder alone.</summary>
    /// <returns>[sum of the lengths, state], valid until the next call.</returns>
    internal TensorView Encode(ReadOnlySpan<TranslationRequest> requests, ReadOnlySpan<int> lengths)
    {
        var row = 0;
        foreach (var request in requests)
        {
            for (var position = 0; position < request.Source.Count; position++)
                _embedding.Read(Device, request.Source[position], position, _x.View().Slice(row++, 1));
        }

        var x = _x.View(row);
        _encoder.Forward(x, lengths);
        return x;
    }

    /// <summary>The most tokens of a request's target.</summary>
    internal int MaximumLength(TranslationRequest request) =>
        Math.Min(request.Options.MaximumLength ?? Math.Min(Config.MaximumLength, (2 * request.Source.Count) + 50), Config.MaximumPositions);

    // A sixteenth of the memory leaves room for all else that a machine does, several workers included.
    private static WeightFormat DefaultFormat(NllbConfig config) =>
        config.Parameters * sizeof(float) <= GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 16
            ? WeightFormat.Single : WeightFormat.Int8Rows;
}
