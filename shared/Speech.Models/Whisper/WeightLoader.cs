using Speech.Tensors;
using Speech.Tensors.Cpu;
using Speech.Tensors.Ggml;

namespace Speech.Models.Whisper;

/// <summary>Takes tensors out of a Whisper file in the form that the device computes with.</summary>
internal sealed class WeightLoader(WhisperFile file, CpuDevice device)
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
    /// A convolution over time, [outputs, channels, taps], as the matrix [outputs, taps·channels] that multiplies neighbouring frames laid end to end.
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

    // Halves stay halves: they are read at half the cost and widen exactly. Block-quantised weights have more bits than a half holds, so they become floats.
    private PackedMatrix Pack(GgmlTensor weight, int outputs, int inputs, ReadOnlySpan<float> bias) =>
        weight.Type == GgmlType.F16
            ? device.Pack(weight.AsHalf(), outputs, inputs, bias)
            : device.Pack(weight.ToSingles(), outputs, inputs, bias);
}
