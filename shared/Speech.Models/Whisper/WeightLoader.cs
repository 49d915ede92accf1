using Speech.Models.Transformer;
using Speech.Tensors;
using Speech.Tensors.Cpu;
using Speech.Tensors.Ggml;

namespace Speech.Models.Whisper;

/// <summary>Takes tensors out of a Whisper file in the form that the device computes with.</summary>
/// <param name="widen">Store all matrices as floats, for comparison.</param>
internal sealed class WeightLoader(WhisperFile file, CpuDevice device, bool widen)
{
    public CpuDevice Device => device;

    public WhisperHyperParameters HyperParameters => file.HyperParameters;

    /// <summary>A linear layer: <c>name.weight</c> [outputs, inputs], and <c>name.bias</c> if the file has one.</summary>
    public PackedMatrix Linear(string name)
    {
        var weight = file[$"{name}.weight"];
        var bias = file.Tensors.TryGetValue($"{name}.bias", out var tensor) ? tensor.ToSingles() : [];
        return Pack(weight, weight.Rows, weight.Columns, bias);
    }

    /// <summary>The token embedding, which is the output projection too.</summary>
    public PackedMatrix Matrix(string name)
    {
        var tensor = file[name];
        return Pack(tensor, tensor.Rows, tensor.Columns, []);
    }

    /// <summary>openai/whisper's ResidualAttentionBlock.</summary>
    public TransformerBlock Block(string name, bool crossAttention) => new()
    {
        AttentionNorm = LayerNorm($"{name}.attn_ln"),
        Attention = Attention($"{name}.attn"),
        CrossAttentionNorm = crossAttention ? LayerNorm($"{name}.cross_attn_ln") : null,
        CrossAttention = crossAttention ? Attention($"{name}.cross_attn") : null,
        FeedForwardNorm = LayerNorm($"{name}.mlp_ln"),
        FeedForward = new FeedForward(Linear($"{name}.mlp.0"), Linear($"{name}.mlp.2"), Activation.Gelu),
    };

    public LayerNorm LayerNorm(string name) =>
        new(new Tensor(file[$"{name}.weight"].ToSingles()), new Tensor(file[$"{name}.bias"].ToSingles()));

    public Tensor Table(string name)
    {
        var tensor = file[name];
        var table = new Tensor(tensor.Rows, tensor.Columns);
        for (var row = 0; row < tensor.Rows; row++)
            tensor.Dequantize(row, 1, table.Row(row));
        return table;
    }

    /// <summary>
    /// A convolution over time, [outputs, channels, taps], as the matrix [outputs, taps·channels] that multiplies neighbouring frames laid
    /// end to end.
    /// </summary>
    public PackedMatrix Convolution(string name)
    {
        var weight = file[$"{name}.weight"];
        var (outputs, channels, taps) = (weight.Shape[0], weight.Shape[1], weight.Shape[2]);
        var source = weight.ToSingles();
        var matrix = new float[source.Length];
        for (var o = 0; o < outputs; o++)
        {
            for (var c = 0; c < channels; c++)
            {
                for (var t = 0; t < taps; t++)
                    matrix[(((o * taps) + t) * channels) + c] = source[(((o * channels) + c) * taps) + t];
            }
        }

        return device.Pack(matrix, outputs, taps * channels, file[$"{name}.bias"].ToSingles());
    }

    /// <summary>
    /// The key has no bias. openai/whisper scales query and key by headSize^-0.25 each; here the scores are scaled by headSize^-0.5, an
    /// exact power of two for heads of 64.
    /// </summary>
    private MultiHeadAttention Attention(string name) =>
        new(Linear($"{name}.query"), Linear($"{name}.key"), Linear($"{name}.value"), Linear($"{name}.out"));

    // Stored formats are kept where a kernel reads them, since a decoder step costs what its weights weigh; the others become floats. No
    // value is rounded.
    private PackedMatrix Pack(GgmlTensor weight, int outputs, int inputs, ReadOnlySpan<float> bias)
    {
        if (widen)
            return device.Pack(weight.ToSingles(), outputs, inputs, bias);
        return weight.Type switch
        {
            GgmlType.F16 => device.Pack(weight.AsHalf(), outputs, inputs, bias),
            { FitsInt8: true } => device.Pack(weight.ToInt8(), outputs, inputs, bias),
            _ => device.Pack(weight.ToSingles(), outputs, inputs, bias),
        };
    }
}
