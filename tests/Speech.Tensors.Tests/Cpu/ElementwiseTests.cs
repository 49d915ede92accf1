using Speech.Tensors.Cpu;

namespace Speech.Tensors.Tests.Cpu;

public class ElementwiseTests
{
    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void Layer_norm_agrees_with_the_definition(SimdLevel level)
    {
        var device = Devices.At(level);
        foreach (var columns in (int[])[1, 5, 64, 67, 192])
        {
            using var x = Devices.Random(3, columns, seed: 1);
            using var weight = Devices.Random(1, columns, seed: 2);
            using var bias = Devices.Random(1, columns, seed: 3);
            using var y = new Tensor(3, columns);

            device.LayerNorm(x, weight, bias, y);

            for (var row = 0; row < 3; row++)
            {
                var values = x.Row(row).ToArray().Select(value => (double)value).ToArray();
                var mean = values.Average();
                var variance = values.Average(value => (value - mean) * (value - mean));
                for (var i = 0; i < columns; i++)
                {
                    var expected = ((values[i] - mean) / Math.Sqrt(variance + 1e-5) * weight.Row(0)[i]) + bias.Row(0)[i];
                    ((double)y.Row(row)[i]).ShouldBe(expected, 1e-5);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void Log_sum_exp_passes_over_forbidden_logits(SimdLevel level)
    {
        float[] logits = [.. Enumerable.Range(0, 1003).Select(i => i % 3 == 0 ? float.NegativeInfinity : MathF.Sin(i) * 20)];
        var max = logits.Max();
        var expected = max + Math.Log(logits.Sum(logit => Math.Exp(logit - max)));
        ((double)Devices.At(level).LogSumExp(logits)).ShouldBe(expected, 1e-5);
    }

    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void Adding_adds_every_element(SimdLevel level)
    {
        using var x = Devices.Random(3, 37, seed: 1);
        using var y = Devices.Random(3, 37, seed: 2);
        var expected = Devices.Flat(x).Zip(Devices.Flat(y), (a, b) => a + b).ToArray();
        Devices.At(level).Add(x, y);
        Devices.Flat(x).ShouldBe(expected);
    }

    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void Log_sum_exp_is_exact_from_the_largest_down_to_what_does_not_count(SimdLevel level)
    {
        for (var x = -120f; x <= 0; x += 0.37f)
        {
            var expected = Math.Log(1 + (16 * Math.Exp(x)));
            ((double)Devices.At(level).LogSumExp([0, .. Enumerable.Repeat(x, 16)])).ShouldBe(expected, 3e-7 * (1 + expected), $"at {x}");
        }
    }

    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void The_largest_logit_is_found_wherever_it_is_and_the_first_of_equals_wins(SimdLevel level)
    {
        foreach (var count in (int[])[1, 7, 64, 131])
        {
            for (var at = 0; at < count; at++)
            {
                float[] logits = [.. Enumerable.Range(0, count)
                    .Select(i => i == at ? 3 : i > at && i % 5 == 0 ? 3 : i % 3 == 0 ? float.NegativeInfinity : -i)];
                Devices.At(level).IndexOfMax(logits).ShouldBe(at);
            }
        }
    }
}
