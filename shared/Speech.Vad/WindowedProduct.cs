using System.Numerics;
using System.Runtime.InteropServices;

namespace Speech.Vad;

/// <summary>One matrix applied to overlapping windows of a signal: output[p] = W · input[hop p .. hop p + inputs) + bias. That is a
/// convolution over a time-major signal, the short-time Fourier transform, and with one position a linear layer.
/// <para>Outputs are the lanes: each input is broadcast and multiplied with the weights of several outputs. The weights lie in the order
/// of use, in panels of four vectors of outputs; outputs are padded to whole panels.</para></summary>
internal sealed class WindowedProduct
{
    private static readonly int PanelWidth = 4 * Vector<float>.Count;

    private readonly int _inputs;
    private readonly float[] _weights; // [panel][input][PanelWidth]
    private readonly float[] _bias;

    /// <param name="outputs">Rows of the matrix.</param>
    /// <param name="inputs">Columns of the matrix.</param>
    /// <param name="weight">The element at (output, input).</param>
    /// <param name="bias">One value an output, or empty.</param>
    public WindowedProduct(int outputs, int inputs, Func<int, int, float> weight, ReadOnlySpan<float> bias)
    {
        var panels = (outputs + PanelWidth - 1) / PanelWidth;
        _inputs = inputs;
        OutputStride = panels * PanelWidth;
        _weights = new float[OutputStride * inputs];
        _bias = new float[OutputStride];
        bias.CopyTo(_bias);
        for (var output = 0; output < outputs; output++)
        {
            var (panel, lane) = Math.DivRem(output, PanelWidth);
            for (var input = 0; input < inputs; input++)
                _weights[(panel * inputs + input) * PanelWidth + lane] = weight(output, input);
        }
    }

    /// <summary>Outputs of one position, padding included.</summary>
    public int OutputStride { get; }

    /// <summary><paramref name="positions"/> windows, each <paramref name="hop"/> further: output[p * OutputStride + o].</summary>
    public void Apply(ReadOnlySpan<float> input, int hop, int positions, Span<float> output)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(input.Length, hop * (positions - 1) + _inputs);
        ArgumentOutOfRangeException.ThrowIfLessThan(output.Length, positions * OutputStride);
        for (var panel = 0; panel < OutputStride; panel += PanelWidth)
        {
            var weights = MemoryMarshal.Cast<float, Vector<float>>(_weights.AsSpan(panel * _inputs, PanelWidth * _inputs));
            var bias = MemoryMarshal.Cast<float, Vector<float>>(_bias.AsSpan(panel, PanelWidth));
            var position = 0;
            for (; position + 4 <= positions; position += 4)
                ApplyToFour(weights, bias, input[(position * hop)..], hop, output[(position * OutputStride + panel)..]);
            for (; position < positions; position++)
                ApplyToOne(weights, bias, input.Slice(position * hop, _inputs), output[(position * OutputStride + panel)..]);
        }
    }

    private static void ApplyToOne(
        ReadOnlySpan<Vector<float>> weights, ReadOnlySpan<Vector<float>> bias, ReadOnlySpan<float> input, Span<float> output)
    {
        // Two sums each, as a single chain of additions would wait for itself.
        var (a0, a1, a2, a3) = (bias[0], bias[1], bias[2], bias[3]);
        var (b0, b1, b2, b3) = (Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero);
        var i = 0;
        for (; i + 2 <= input.Length; i += 2)
        {
            var w = weights.Slice(4 * i, 8);
            var (x, y) = (new Vector<float>(input[i]), new Vector<float>(input[i + 1]));
            a0 = Vector.MultiplyAddEstimate(w[0], x, a0);
            a1 = Vector.MultiplyAddEstimate(w[1], x, a1);
            a2 = Vector.MultiplyAddEstimate(w[2], x, a2);
            a3 = Vector.MultiplyAddEstimate(w[3], x, a3);
            b0 = Vector.MultiplyAddEstimate(w[4], y, b0);
            b1 = Vector.MultiplyAddEstimate(w[5], y, b1);
            b2 = Vector.MultiplyAddEstimate(w[6], y, b2);
            b3 = Vector.MultiplyAddEstimate(w[7], y, b3);
        }

        if (i < input.Length)
        {
            var w = weights.Slice(4 * i, 4);
            var x = new Vector<float>(input[i]);
            a0 = Vector.MultiplyAddEstimate(w[0], x, a0);
            a1 = Vector.MultiplyAddEstimate(w[1], x, a1);
            a2 = Vector.MultiplyAddEstimate(w[2], x, a2);
            a3 = Vector.MultiplyAddEstimate(w[3], x, a3);
        }

        var target = MemoryMarshal.Cast<float, Vector<float>>(output);
        target[0] = a0 + b0;
        target[1] = a1 + b1;
        target[2] = a2 + b2;
        target[3] = a3 + b3;
    }

    private void ApplyToFour(
        ReadOnlySpan<Vector<float>> weights, ReadOnlySpan<Vector<float>> bias, ReadOnlySpan<float> input, int hop, Span<float> output)
    {
        // Half a panel at a time: eight sums and two weights fit sixteen registers.
        var x0 = input[.._inputs];
        var x1 = input.Slice(hop, _inputs);
        var x2 = input.Slice(2 * hop, _inputs);
        var x3 = input.Slice(3 * hop, _inputs);
        for (var half = 0; half < 4; half += 2)
        {
            var (left, right) = (bias[half], bias[half + 1]);
            var (a0, a1, a2, a3) = (left, left, left, left);
            var (b0, b1, b2, b3) = (right, right, right, right);
            for (var i = 0; i < x0.Length; i++)
            {
                var w = weights.Slice(4 * i + half, 2);
                var (x, y) = (new Vector<float>(x0[i]), new Vector<float>(x1[i]));
                var (z, t) = (new Vector<float>(x2[i]), new Vector<float>(x3[i]));
                a0 = Vector.MultiplyAddEstimate(w[0], x, a0);
                b0 = Vector.MultiplyAddEstimate(w[1], x, b0);
                a1 = Vector.MultiplyAddEstimate(w[0], y, a1);
                b1 = Vector.MultiplyAddEstimate(w[1], y, b1);
                a2 = Vector.MultiplyAddEstimate(w[0], z, a2);
                b2 = Vector.MultiplyAddEstimate(w[1], z, b2);
                a3 = Vector.MultiplyAddEstimate(w[0], t, a3);
                b3 = Vector.MultiplyAddEstimate(w[1], t, b3);
            }

            Store(output, half, a0, b0);
            Store(output[OutputStride..], half, a1, b1);
            Store(output[(2 * OutputStride)..], half, a2, b2);
            Store(output[(3 * OutputStride)..], half, a3, b3);
        }
    }

    private static void Store(Span<float> output, int half, Vector<float> left, Vector<float> right)
    {
        var target = MemoryMarshal.Cast<float, Vector<float>>(output);
        target[half] = left;
        target[half + 1] = right;
    }
}
