using Speech.Tensors.Cpu;

namespace Speech.Tensors.Tests.Cpu;

public class LinearTests
{
    public static TheoryData<SimdLevel, int, int, int, bool> Shapes()
    {
        var data = new TheoryData<SimdLevel, int, int, int, bool>();
        foreach (var level in Enum.GetValues<SimdLevel>().Where(level => level <= CpuDevice.Best))
        {
            foreach (var rows in (int[])[1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 17, 31, 97, 200])
            {
                foreach (var (inputs, outputs) in ((int, int)[])[(1, 1), (3, 7), (64, 32), (80, 129), (192, 200)])
                {
                    data.Add(level, rows, inputs, outputs, false);
                    data.Add(level, rows, inputs, outputs, true);
                }
            }
        }

        return data;
    }

    [Trait("Speed", "Slow")]
    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_product_with_bias_agrees_with_the_naive_one(SimdLevel level, int rows, int inputs, int outputs, bool half)
    {
        var device = Devices.At(level);
        using var x = Devices.Random(rows, inputs, seed: 1);
        using var w = Devices.Random(outputs, inputs, seed: 2);
        using var b = Devices.Random(1, outputs, seed: 3);
        var weights = Devices.Flat(w);
        var halves = weights.Select(value => (Half)value).ToArray();
        using var packed = half ? device.Pack(halves, outputs, inputs, b.Row(0)) : device.Pack(weights, outputs, inputs, b.Row(0));
        using var y = new Tensor(rows, packed.PaddedOutputs);

        device.Linear(x, packed, y);

        for (var row = 0; row < rows; row++)
        {
            for (var output = 0; output < outputs; output++)
            {
                var expected = (double)b.Row(0)[output];
                for (var i = 0; i < inputs; i++)
                    expected += (double)x.Row(row)[i] * (half ? (float)halves[(output * inputs) + i] : weights[(output * inputs) + i]);
                ((double)y.Row(row)[output]).ShouldBe(expected, 1e-5 * inputs, $"row {row}, output {output}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void A_row_does_not_depend_on_the_rows_beside_it(SimdLevel level)
    {
        var device = Devices.At(level);
        using var x = Devices.Random(70, 192, seed: 4);
        using var w = Devices.Random(256, 192, seed: 5);
        var halves = Devices.Flat(w).Select(value => (Half)value).ToArray();
        using var packed = device.Pack(halves, 256, 192);
        using var together = new Tensor(70, 256);
        using var alone = new Tensor(1, 256);
        foreach (var rows in (int[])[1, 2, 3, 4, 7, 8, 12, 15, 16, 33, 70])
        {
            device.Linear(x.View(rows), packed, together.View(rows));
            for (var row = 0; row < rows; row++)
            {
                device.Linear(x.View().Slice(row, 1), packed, alone);
                together.Row(row).SequenceEqual(alone.Row(0)).ShouldBeTrue($"row {row} of {rows}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void Accumulating_adds_to_what_is_there(SimdLevel level)
    {
        var device = Devices.At(level);
        using var x = Devices.Random(13, 64, seed: 6);
        using var w = Devices.Random(64, 64, seed: 7);
        using var packed = device.Pack(Devices.Flat(w), 64, 64);
        using var fresh = new Tensor(13, 64);
        using var sum = Devices.Random(13, 64, seed: 8);
        var before = Devices.Flat(sum);

        device.Linear(x, packed, fresh);
        device.Linear(x, packed, sum, accumulate: true);

        foreach (var (after, expected) in Devices.Flat(sum).Zip(Devices.Flat(fresh).Zip(before, (a, b) => a + b)))
            after.ShouldBe(expected, 1e-5f);
    }

    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void Overlapping_rows_make_a_convolution(SimdLevel level)
    {
        // Ten frames of two channels, zeros at either end; width 3, stride 2: y[t] = Σ_k w_k·x[2t + k].
        var device = Devices.At(level);
        using var frames = Devices.Random(12, 2, seed: 9);
        using var w = Devices.Random(5, 6, seed: 10);
        using var packed = device.Pack(Devices.Flat(w), 5, 6);
        using var y = new Tensor(5, packed.PaddedOutputs);

        device.Linear(frames.View(0, 5, 6, 4), packed, y);

        for (var t = 0; t < 5; t++)
        {
            for (var output = 0; output < 5; output++)
            {
                var expected = 0.0;
                for (var tap = 0; tap < 3; tap++)
                {
                    for (var channel = 0; channel < 2; channel++)
                        expected += frames.Row((2 * t) + tap)[channel] * w.Row(output)[(tap * 2) + channel];
                }

                ((double)y.Row(t)[output]).ShouldBe(expected, 1e-5);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void Gelu_is_the_exact_form(SimdLevel level)
    {
        var device = Devices.At(level);
        using var identity = device.Pack([1f], 1, 1);
        using var x = new Tensor(1001, 1);
        for (var i = 0; i < x.Rows; i++)
            x.Row(i)[0] = (i - 500) / 50f;
        using var y = new Tensor(1001, identity.PaddedOutputs);

        device.Linear(x, identity, y, Activation.Gelu);

        for (var i = 0; i < x.Rows; i++)
        {
            var value = (double)x.Row(i)[0];
            ((double)y.Row(i)[0]).ShouldBe(0.5 * value * (1 + Erf(value / Math.Sqrt(2))), 2e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void Relu_keeps_what_is_above_zero_and_no_more(SimdLevel level)
    {
        var device = Devices.At(level);
        using var x = new Tensor(5, 1);
        for (var i = 0; i < x.Rows; i++)
            x.Row(i)[0] = 1;
        var weights = Enumerable.Range(0, 1001).Select(i => (i - 500) / 50f).ToArray();
        using var packed = device.Pack(weights, weights.Length, 1);
        using var y = new Tensor(5, packed.PaddedOutputs);

        device.Linear(x, packed, y, Activation.Relu);

        for (var row = 0; row < y.Rows; row++)
            y.Row(row)[..weights.Length].ToArray().ShouldBe(weights.Select(weight => Math.Max(weight, 0)));
    }

    [Fact]
    public void Every_finite_half_widens_exactly_at_every_width()
    {
        var halves = Enumerable.Range(0, 65536).Select(bits => BitConverter.UInt16BitsToHalf((ushort)bits)).Where(Half.IsFinite).ToArray();
        foreach (var level in Enum.GetValues<SimdLevel>().Where(level => level <= CpuDevice.Best))
        {
            using var packed = Devices.At(level).Pack(halves, halves.Length, 1);
            using var one = new Tensor([1f]);
            using var y = new Tensor(1, packed.PaddedOutputs);
            Devices.At(level).Linear(one, packed, y);
            for (var i = 0; i < halves.Length; i++)
                y.Row(0)[i].ShouldBe((float)halves[i]);
        }
    }

    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void Bytes_with_scales_give_the_same_products_as_their_floats(SimdLevel level)
    {
        const int Outputs = 150, Inputs = 96;
        var device = Devices.At(level);
        var random = new Random(11);
        var blocks = new Int8Block[Outputs * Inputs / Int8Block.Length];
        var floats = new List<float>();
        foreach (ref var block in blocks.AsSpan())
        {
            var weights = Enumerable.Range(0, Int8Block.Length).Select(_ => (sbyte)random.Next(-128, 128)).ToArray();
            var scale = random.NextSingle() / 100;
            block = new Int8Block(scale, weights);
            floats.AddRange(weights.Select(weight => weight * scale));
        }

        using var int8 = device.Pack(blocks, Outputs, Inputs);
        using var single = device.Pack(floats.ToArray(), Outputs, Inputs);
        using var x = Devices.Random(40, Inputs, seed: 12);
        using var ours = new Tensor(40, int8.PaddedOutputs);
        using var expected = new Tensor(40, int8.PaddedOutputs);
        foreach (var rows in (int[])[1, 2, 3, 4, 6, 8, 13, 40])
        {
            device.Linear(x.View(rows), int8, ours.View(rows));
            device.Linear(x.View(rows), single, expected.View(rows));
            Devices.Flat(ours).ShouldBe(Devices.Flat(expected));
        }

        var row = new float[Inputs];
        int8.ReadRow(149, row);
        row.ShouldBe(floats.TakeLast(Inputs));
    }

    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void Bytes_with_a_scale_for_each_row_give_the_products_of_what_they_stand_for(SimdLevel level)
    {
        var device = Devices.At(level);
        foreach (var (inputs, outputs) in ((int, int)[])[(1, 1), (3, 7), (80, 129), (192, 500)])
        {
            using var w = Devices.Random(outputs, inputs, seed: 13);
            using var b = Devices.Random(1, outputs, seed: 14);
            using var int8 = device.PackInt8(Devices.Flat(w), outputs, inputs, b.Row(0));
            using var x = Devices.Random(100, inputs, seed: 15);
            using var y = Devices.Random(100, int8.PaddedOutputs, seed: 16);
            var stored = new float[inputs];
            foreach (var accumulate in (bool[])[false, true])
            {
                foreach (var rows in (int[])[1, 2, 3, 4, 6, 8, 13, 23, 24, 40, 100])
                {
                    using var before = Devices.Random(100, int8.PaddedOutputs, seed: 16);
                    for (var row = 0; row < rows; row++)
                        before.Row(row).CopyTo(y.Row(row));
                    device.Linear(x.View(rows), int8, y.View(rows), accumulate: accumulate);
                    for (var output = 0; output < outputs; output++)
                    {
                        int8.ReadRow(output, stored);
                        for (var row = 0; row < rows; row++)
                        {
                            var expected = b.Row(0)[output] + (accumulate ? (double)before.Row(row)[output] : 0);
                            for (var i = 0; i < inputs; i++)
                                expected += (double)x.Row(row)[i] * stored[i];
                            ((double)y.Row(row)[output]).ShouldBe(expected, 1e-6 * (
                                inputs + 4), $"row {row} of {rows}, output {output} of {outputs}, accumulate {accumulate}");
                        }
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void A_row_times_bytes_does_not_depend_on_the_rows_beside_it(SimdLevel level)
    {
        var device = Devices.At(level);
        using var x = Devices.Random(70, 192, seed: 4);
        using var w = Devices.Random(256, 192, seed: 5);
        using var b = Devices.Random(1, 256, seed: 6);
        using var packed = device.PackInt8(Devices.Flat(w), 256, 192, b.Row(0));
        using var together = new Tensor(70, 256);
        using var alone = new Tensor(1, 256);
        foreach (var rows in (int[])[1, 2, 3, 4, 7, 8, 12, 15, 16, 23, 24, 33, 70])
        {
            device.Linear(x.View(rows), packed, together.View(rows));
            for (var row = 0; row < rows; row++)
            {
                device.Linear(x.View().Slice(row, 1), packed, alone);
                together.Row(row).SequenceEqual(alone.Row(0)).ShouldBeTrue($"row {row} of {rows}");
            }
        }
    }

    [Fact]
    public void Quantisation_is_symmetric_to_the_largest_of_a_row_and_ties_go_to_even()
    {
        using var device = new CpuDevice(threads: 1);
        float[] weights = [127, 0.5f, 1.5f, -2.5f, -127, 0, 0, 0, 0, 0, 1e-44f, -1e-45f, 0, 0, 0, 3e38f, -3e38f, 1e38f, 1, 0];
        using var packed = device.PackInt8(weights, 4, 5);
        var row = new float[5];
        packed.ReadRow(0, row);
        row.ShouldBe([127, 0, 2, -2, -127]);
        packed.ReadRow(1, row);
        row.ShouldBe([0, 0, 0, 0, 0]);
        packed.ReadRow(2, row);
        row.ShouldAllBe(value => MathF.Abs(value) <= 1e-44f);
        packed.ReadRow(3, row);
        row[0].ShouldBe(-row[1]);
        row[0].ShouldBe(3e38f, 1e32f);
        row[2].ShouldBe(1e38f, 2e36f);

        Should.Throw<ArgumentException>(() => device.PackInt8([1, float.NaN, 2, 3], 2, 2)).Message.ShouldContain("Output 0");
        Should.Throw<ArgumentException>(() => device.PackInt8([1, 1, 2, float.NegativeInfinity], 2, 2)).Message.ShouldContain("Output 1");
        Should.Throw<ArgumentException>(() => device.PackInt8([1, 1, 2], 2, 2)).Message.ShouldContain("2x2");
        Should.Throw<ArgumentException>(() => device.PackInt8([1, 1, 2, 3], 2, 2, [1])).Message.ShouldContain("bias");
    }

    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void Three_products_at_once_are_the_three_products(SimdLevel level)
    {
        var device = Devices.At(level);
        using var x = Devices.Random(130, 64, seed: 1);
        using var b = Devices.Random(1, 70, seed: 2);
        var weights = Enumerable.Range(3, 3).Select(seed => Devices.Random(70, 64, seed)).ToArray();
        using var first = device.Pack(Devices.Flat(weights[0]), 70, 64, b.Row(0));
        using var second = device.Pack([.. Devices.Flat(weights[1]).Select(weight => (Half)weight)], 70, 64);
        using var third = device.PackInt8(Devices.Flat(weights[2]), 70, 64, b.Row(0));
        PackedMatrix[] matrices = [first, second, third];
        foreach (var rows in (int[])[1, 5, 8, 130])
        {
            var together = matrices.Select(matrix => new Tensor(rows, matrix.PaddedOutputs)).ToArray();
            device.LinearEach(
                x.View(rows), new Projection(first, together[0]), new Projection(second, together[1]), new Projection(third, together[2]));
            for (var i = 0; i < 3; i++)
            {
                using var alone = new Tensor(rows, matrices[i].PaddedOutputs);
                device.Linear(x.View(rows), matrices[i], alone);
                Devices.Flat(together[i]).ShouldBe(Devices.Flat(alone));
                together[i].Dispose();
            }
        }
    }

    [Fact]
    public void Rows_asked_for_a_panel_at_a_time_are_packed_as_the_whole_matrix_is()
    {
        const int Outputs = 75, Inputs = 40;
        using var device = new CpuDevice(threads: 1);
        using var w = Devices.Random(Outputs, Inputs, seed: 17);
        var weights = Devices.Flat(w);
        void Read(int first, int count, Span<float> rows) => weights.AsSpan(first * Inputs, count * Inputs).CopyTo(rows);
        foreach (var format in (WeightFormat[])[WeightFormat.Single, WeightFormat.Half, WeightFormat.Int8Rows])
        {
            using var packed = device.Pack(Read, Outputs, Inputs, format);
            using var whole = format switch
            {
                WeightFormat.Single => device.Pack(weights, Outputs, Inputs),
                WeightFormat.Half => device.Pack([.. weights.Select(weight => (Half)weight)], Outputs, Inputs),
                _ => device.PackInt8(weights, Outputs, Inputs),
            };
            var (ours, expected) = (new float[Inputs], new float[Inputs]);
            for (var output = 0; output < Outputs; output++)
            {
                packed.ReadRow(output, ours);
                whole.ReadRow(output, expected);
                ours.ShouldBe(expected);
            }
        }

        Should.Throw<ArgumentException>(() => device.Pack(Read, Outputs, Inputs, WeightFormat.Int8)).Message.ShouldContain("Int8Rows");
        Should.Throw<FormatException>(() => device.Pack((_, _, _) => throw new FormatException(), Outputs, Inputs, WeightFormat.Half));
        weights[(74 * Inputs) + 3] = 70000;
        Should.Throw<ArgumentException>(() => device.Pack(Read, Outputs, Inputs, WeightFormat.Half)).Message.ShouldContain("Output 74");
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused()
    {
        using var device = new CpuDevice(threads: 1);
        using var packed = device.Pack(new float[64 * 32], 64, 32);
        using var x = new Tensor(2, 31);
        using var y = new Tensor(2, 64);
        Should.Throw<ArgumentException>(() => device.Linear(x, packed, y)).Message.ShouldContain("[2, 31]");
    }

    /// <summary>The series of erf: exact to double precision for the small arguments here, by the complement beyond.</summary>
    private static double Erf(double x)
    {
        if (Math.Abs(x) > 5)
            return Math.Sign(x);
        double term = x, sum = x;
        for (var n = 1; n < 200; n++)
        {
            term *= -x * x / n;
            sum += term / ((2 * n) + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }
}
