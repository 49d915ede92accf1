using System.Text.Json;
using System.Text.Unicode;
using Speech.Models.Transformer;
using Speech.Tensors;

namespace Speech.Models.Nllb;

/// <summary>The dimensions of an M2M100 model (NLLB-200 is one), as its config.json gives them.</summary>
/// <param name="VocabularySize">Rows of the token embedding.</param>
/// <param name="State">d_model.</param>
/// <param name="EncoderHidden">encoder_ffn_dim.</param>
/// <param name="MaximumPositions">max_position_embeddings: the longest source, and the longest target.</param>
/// <param name="ScaleEmbedding">Whether token embeddings are multiplied by √d_model.</param>
/// <param name="DecoderStart">The token that every target begins with.</param>
/// <param name="MaximumLength">Tokens of the longest target unless asked otherwise, the first one included.</param>
public sealed record NllbConfig(
    int VocabularySize,
    int State,
    int EncoderLayers,
    int EncoderHeads,
    int EncoderHidden,
    int DecoderLayers,
    int DecoderHeads,
    int DecoderHidden,
    int MaximumPositions,
    bool ScaleEmbedding,
    int EndToken,
    int DecoderStart,
    int MaximumLength)
{
    private const int MaximumFileBytes = 1 << 20;

    /// <summary>
    /// served_languages, a key of ours: codes of the languages that the model has learnt, by which its tokenizer knows them. Null, as in
    /// all published models: all of them.
    /// </summary>
    public IReadOnlyList<string>? ServedLanguages { get; init; }

    /// <summary>About the parameters of the model: what its weights weigh is this by the bytes of their format.</summary>
    public long Parameters =>
        ((long)VocabularySize * State)
        + (EncoderLayers * ((4L * State * State) + (2L * State * EncoderHidden)))
        + (DecoderLayers * ((8L * State * State) + (2L * State * DecoderHidden)));

    internal TransformerShape Encoder => new(EncoderLayers, State, EncoderHeads, MaximumPositions);

    internal TransformerShape Decoder(CacheFormat caches) => new(DecoderLayers, State, DecoderHeads, MaximumPositions, caches, caches);

    /// <summary>Reads <c>config.json</c> and, if it is there, <c>generation_config.json</c> of a model folder.</summary>
    /// <exception cref="ModelFileException">A file is missing or damaged, or describes no model that this program knows.</exception>
    public static NllbConfig Read(string folder)
    {
        var path = Path.Combine(folder, "config.json");
        using var json = Parse(path);
        try
        {
            return Read(folder, path, json.RootElement);
        }
        catch (InvalidOperationException e)
        {
            // A text with half of a surrogate pair, which is JSON but no text.
            throw new ModelFileException(path, $"it is damaged ({e.Message}); download it again.", null, e);
        }
    }

    private static NllbConfig Read(string folder, string path, JsonElement root)
    {
        if (root.TryGetProperty("model_type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() != "m2m_100")
            throw new ModelFileException(path, $"model_type is '{type.GetString()}'; NLLB-200 and M2M100 models have 'm2m_100'.");
        if (root.TryGetProperty("tie_word_embeddings", out var tied) && tied.ValueKind == JsonValueKind.False)
            throw new ModelFileException(
                path, "tie_word_embeddings is false; only models whose output projection is their embedding are supported.");
        if (root.TryGetProperty("activation_function", out var activation) && activation.ToString() != "relu")
            throw new ModelFileException(path, $"activation_function is '{activation}'; only 'relu' is supported.");

        var state = Number(root, path, "d_model", 32, 16384);
        var config = new NllbConfig(
            Number(root, path, "vocab_size", 8, 1 << 20),
            state,
            Number(root, path, "encoder_layers", 1, 128),
            Number(root, path, "encoder_attention_heads", 1, 256),
            Number(root, path, "encoder_ffn_dim", 32, 65536),
            Number(root, path, "decoder_layers", 1, 128),
            Number(root, path, "decoder_attention_heads", 1, 256),
            Number(root, path, "decoder_ffn_dim", 32, 65536),
            Number(root, path, "max_position_embeddings", 8, 8192, missing: 1024),
            !root.TryGetProperty("scale_embedding", out var scale) || scale.ValueKind != JsonValueKind.False,
            Number(root, path, "eos_token_id", 0, 1 << 20, missing: 2),
            Number(root, path, "decoder_start_token_id", 0, 1 << 20, missing: 2),
            MaximumLengthOf(folder, root, path))
        {
            ServedLanguages = ServedLanguagesOf(root, path),
        };
        foreach (var (key, heads) in (ReadOnlySpan<(
            string, int)>)[("encoder_attention_heads", config.EncoderHeads), ("decoder_attention_heads", config.DecoderHeads)])
        {
            if (state % (32 * heads) != 0)
                throw new ModelFileException(path, $"d_model {state} does not divide into {key} {heads} of a multiple of 32.");
        }

        foreach (var (key, hidden) in (ReadOnlySpan<(
            string, int)>)[("encoder_ffn_dim", config.EncoderHidden), ("decoder_ffn_dim", config.DecoderHidden)])
        {
            if (hidden % 32 != 0)
                throw new ModelFileException(path, $"{key} {hidden} is not a multiple of 32.");
        }

        if (config.EndToken >= config.VocabularySize || config.DecoderStart >= config.VocabularySize)
            throw new ModelFileException(path, $"eos_token_id {config.EndToken} or decoder_start_token_id {config.DecoderStart} is not below vocab_size {config.VocabularySize}.");
        return config;
    }

    private static string[]? ServedLanguagesOf(JsonElement root, string path)
    {
        if (!root.TryGetProperty("served_languages", out var languages) || languages.ValueKind == JsonValueKind.Null)
            return null;
        return languages.ValueKind == JsonValueKind.Array && languages.GetArrayLength() >= 2
            && languages.EnumerateArray().All(language => language.ValueKind == JsonValueKind.String)
            ? [.. languages.EnumerateArray().Select(language => language.GetString()!)]
            : throw new ModelFileException(path, "served_languages is no list of two codes of languages or more.");
    }

    private static int MaximumLengthOf(string folder, JsonElement config, string path)
    {
        const int Published = 200;
        var length = Number(config, path, "max_length", 2, 1 << 20, Published);
        var generationPath = Path.Combine(folder, "generation_config.json");
        if (!File.Exists(generationPath))
            return length;
        using var generation = Parse(generationPath);
        return Number(generation.RootElement, generationPath, "max_length", 2, 1 << 20, length);
    }

    private static JsonDocument Parse(string path)
    {
        var bytes = ModelFolderFile.Read(path, MaximumFileBytes);
        try
        {
            if (!Utf8.IsValid(bytes))
                throw new ModelFileException(path, "it is not text in UTF-8; download it again.");
            var json = JsonDocument.Parse(bytes);
            if (json.RootElement.ValueKind == JsonValueKind.Object)
                return json;
            json.Dispose();
            throw new ModelFileException(path, "it is not a JSON object; download it again.");
        }
        catch (JsonException e)
        {
            throw new ModelFileException(path, $"it is not JSON ({e.Message}); download it again.", null, e);
        }
    }

    private static int Number(JsonElement json, string path, string key, int minimum, int maximum, int? missing = null)
    {
        if (!json.TryGetProperty(key, out var value) || value.ValueKind == JsonValueKind.Null)
            return missing ?? throw new ModelFileException(path, $"{key} is missing.");
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= minimum && number <= maximum
            ? number
            : throw new ModelFileException(path, $"{key} is {value}, not a whole number of {minimum} to {maximum}.");
    }
}
