using Speech.Models.Transformer;
using Speech.Tensors;
using Speech.Tensors.Cpu;
using Speech.Tensors.Files;

namespace Speech.Models.Nllb;

/// <summary>Takes tensors out of a Hugging Face checkpoint of an M2M100 model, in the form that the device computes with.</summary>
/// <param name="format">Of the matrices.</param>
internal sealed class NllbWeights(WeightFile file, NllbConfig config, CpuDevice device, WeightFormat format)
{
    // One matrix under several names; a file has at least one of them.
    private static readonly string[] EmbeddingNames =
        ["model.shared.weight", "lm_head.weight", "model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight"];

    /// <summary>The token embedding, [vocabulary, state], which is the output projection too.</summary>
    public PackedMatrix Embedding()
    {
        var name = Array.Find(EmbeddingNames, file.Tensors.ContainsKey) ?? EmbeddingNames[0];
        return Matrix(name, config.VocabularySize, config.State, []);
    }

    public TransformerBlock EncoderBlock(int layer) => Block($"model.encoder.layers.{layer}", config.EncoderHidden, crossAttention: false);

    public TransformerBlock DecoderBlock(int layer) => Block($"model.decoder.layers.{layer}", config.DecoderHidden, crossAttention: true);

    public LayerNorm LayerNorm(string name) =>
        new(new Tensor(Vector($"{name}.weight", config.State)), new Tensor(Vector($"{name}.bias", config.State)));

    private TransformerBlock Block(string name, int hidden, bool crossAttention) => new()
    {
        AttentionNorm = LayerNorm($"{name}.self_attn_layer_norm"),
        Attention = Attention($"{name}.self_attn"),
        CrossAttentionNorm = crossAttention ? LayerNorm($"{name}.encoder_attn_layer_norm") : null,
        CrossAttention = crossAttention ? Attention($"{name}.encoder_attn") : null,
        FeedForwardNorm = LayerNorm($"{name}.final_layer_norm"),
        FeedForward = new FeedForward(
            Linear($"{name}.fc1", hidden, config.State), Linear($"{name}.fc2", config.State, hidden), Activation.Relu),
    };

    private MultiHeadAttention Attention(string name)
    {
        PackedMatrix Project(string projection) => Linear($"{name}.{projection}_proj", config.State, config.State);
        return new MultiHeadAttention(Project("q"), Project("k"), Project("v"), Project("out"));
    }

    private PackedMatrix Linear(string name, int outputs, int inputs) =>
        Matrix($"{name}.weight", outputs, inputs, Vector($"{name}.bias", outputs));

    private PackedMatrix Matrix(string name, int outputs, int inputs, float[] bias)
    {
        var tensor = file.Get(name, outputs, inputs);
        try
        {
            return device.Pack(tensor.ReadRows, outputs, inputs, format, bias);
        }
        catch (ArgumentException e)
        {
            throw new ModelFileException(tensor.Path, e.Message, name, e);
        }
    }

    private float[] Vector(string name, int length) => file.Get(name, length).ToSingles();
}
