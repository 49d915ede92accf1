using Speech.Tensors;
using Speech.Tensors.Ggml;

namespace Speech.Models.Whisper;

/// <summary>A Whisper model in whisper.cpp's ggml format, opened and checked: hyper-parameters in range, and every tensor that they ask for
/// present in the right shape, none besides. Weights stay in the mapped file until asked for.
/// <code>
/// magic | 11 x i32 hyper-parameters | i32 n_mel, i32 201, f32 filters[n_mel][201] | i32 tokens, each u32 length and bytes | tensors
/// </code></summary>
/// <remarks>Source: whisper.cpp, <c>whisper_model_load</c>.</remarks>
public sealed class WhisperFile : IDisposable
{
    /// <summary>Bins of the power spectrum that a mel filter weighs: a transform of 400 samples.</summary>
    public const int SpectrumBins = 201;

    private readonly GgmlFile _file;

    private WhisperFile(GgmlFile file, Header header)
    {
        _file = file;
        HyperParameters = header.HyperParameters;
        MelFilters = header.MelFilters;
        Vocabulary = header.Vocabulary;
    }

    public string Path => _file.Path;

    public WhisperHyperParameters HyperParameters { get; }

    /// <summary>[n_mels, 201], row-major.</summary>
    public float[] MelFilters { get; }

    public WhisperVocabulary Vocabulary { get; }

    public IReadOnlyDictionary<string, GgmlTensor> Tensors => _file.Tensors;

    /// <summary>The tensor of this name, such as <c>encoder.blocks.0.attn.query.weight</c>.</summary>
    public GgmlTensor this[string name] => _file[name];

    /// <exception cref="ModelFileException">The file is missing, damaged, or not a Whisper model that this engine can run.</exception>
    public static WhisperFile Open(string path)
    {
        var file = GgmlFile.Open(path, Header.Read, out var header);
        try
        {
            CheckTensors(file, header.HyperParameters);
            return new WhisperFile(file, header);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    private static void CheckTensors(GgmlFile file, WhisperHyperParameters parameters)
    {
        if (file.Tensors.Count == 0)
            throw new ModelFileException(file.Path, "it has a vocabulary but no weights (a file for tests); use a complete model.");

        var expected = new HashSet<string>(parameters.TensorCount, StringComparer.Ordinal);
        foreach (var (name, shape) in ExpectedTensors(parameters))
        {
            expected.Add(name);
            // The converter writes the convolutions' biases as columns, ready to be added to [channel, time].
            if (shape.Length == 1 && file[name].Shape is [_, 1])
                file.Get(name, shape[0], 1);
            else
                file.Get(name, shape);
        }

        foreach (var name in file.Tensors.Keys)
        {
            if (!expected.Contains(name))
                throw new ModelFileException(
                    file.Path, "a Whisper model of this header has no such tensor; use an unmodified model.", name);
        }
    }

    /// <summary>Names and shapes (PyTorch order) as in openai/whisper's state dictionary.</summary>
    private static IEnumerable<(string Name, int[] Shape)> ExpectedTensors(WhisperHyperParameters p)
    {
        var state = p.AudioState;
        yield return ("encoder.positional_embedding", [p.AudioContext, state]);
        yield return ("encoder.conv1.weight", [state, p.MelCount, 3]);
        yield return ("encoder.conv1.bias", [state]);
        yield return ("encoder.conv2.weight", [state, state, 3]);
        yield return ("encoder.conv2.bias", [state]);
        foreach (var tensor in LayerNorm("encoder.ln_post", state))
            yield return tensor;
        for (var i = 0; i < p.AudioLayers; i++)
        {
            foreach (var tensor in ResidualAttentionBlock($"encoder.blocks.{i}", state, crossAttention: false))
                yield return tensor;
        }

        yield return ("decoder.positional_embedding", [p.TextContext, state]);
        yield return ("decoder.token_embedding.weight", [p.VocabularySize, state]);
        foreach (var tensor in LayerNorm("decoder.ln", state))
            yield return tensor;
        for (var i = 0; i < p.TextLayers; i++)
        {
            foreach (var tensor in ResidualAttentionBlock($"decoder.blocks.{i}", state, crossAttention: true))
                yield return tensor;
        }
    }

    private static IEnumerable<(string Name, int[] Shape)> ResidualAttentionBlock(string name, int state, bool crossAttention) =>
    [
        .. LayerNorm($"{name}.attn_ln", state),
        .. Attention($"{name}.attn", state),
        .. crossAttention ? LayerNorm($"{name}.cross_attn_ln", state) : [],
        .. crossAttention ? Attention($"{name}.cross_attn", state) : [],
        .. LayerNorm($"{name}.mlp_ln", state),
        .. Linear($"{name}.mlp.0", state, 4 * state),
        .. Linear($"{name}.mlp.2", 4 * state, state),
    ];

    private static IEnumerable<(string Name, int[] Shape)> Attention(string name, int state) =>
    [
        .. Linear($"{name}.query", state, state),
        ($"{name}.key.weight", [state, state]),
        .. Linear($"{name}.value", state, state),
        .. Linear($"{name}.out", state, state),
    ];

    private static IEnumerable<(string Name, int[] Shape)> Linear(string name, int inputs, int outputs) =>
        [($"{name}.weight", [outputs, inputs]), ($"{name}.bias", [outputs])];

    private static IEnumerable<(string Name, int[] Shape)> LayerNorm(string name, int state) =>
        [($"{name}.weight", [state]), ($"{name}.bias", [state])];

    private sealed record Header(WhisperHyperParameters HyperParameters, float[] MelFilters, WhisperVocabulary Vocabulary)
    {
        public static Header Read(GgmlReader reader)
        {
            var parameters = WhisperHyperParameters.Read(reader);
            reader.ReadInt32("the number of mel filters", parameters.MelCount, parameters.MelCount);
            reader.ReadInt32("the bins of the mel filters", SpectrumBins, SpectrumBins);
            var filters = reader.ReadSingles(parameters.MelCount * SpectrumBins, "the mel filters");
            if (filters.AsSpan().ContainsAnyExceptInRange(0f, 1f))
                throw reader.Error("a mel filter's weight is outside 0..1; the file is damaged.");
            return new Header(parameters, filters, WhisperVocabulary.Read(reader, parameters.VocabularySize));
        }
    }
}
