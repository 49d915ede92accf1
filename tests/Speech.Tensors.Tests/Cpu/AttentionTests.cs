using System.Numerics.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Tensors.Tests.Cpu;

public class AttentionTests
{
    private const int Heads = 3;
    private const int HeadSize = 64;
    private const int Width = Heads * HeadSize;

    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void Attention_over_all_keys_agrees_with_the_naive_one(SimdLevel level)
    {
        var device = Devices.At(level);
        foreach (var (rows, count) in ((int, int)[])[(1, 1), (5, 31), (49, 33), (100, 100), (97, 250)])
        {
            using var query = Devices.Random(rows, Width, seed: 1);
            using var keys = Devices.Random(count, Width, seed: 2);
            using var values = Devices.Random(count, Width, seed: 3);
            using var cache = new KeyValueCache(device, Heads, HeadSize, count);
            using var output = new Tensor(rows, Width);

            device.Append(cache, keys, values);
            device.Attend(query, cache, output);

            for (var row = 0; row < rows; row++)
                ShouldBeAttention(output.Row(row), query.Row(row), keys, values, count);
        }
    }

    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void Each_row_attends_to_its_own_cache_up_to_its_own_position(SimdLevel level)
    {
        var device = Devices.At(level);
        using var query = Devices.Random(4, Width, seed: 4);
        using var output = new Tensor(4, Width);
        using var keys = Devices.Random(90, Width, seed: 5);
        using var values = Devices.Random(90, Width, seed: 6);
        using var longer = new KeyValueCache(device, Heads, HeadSize, 90);
        using var shorter = new KeyValueCache(device, Heads, HeadSize, 90);
        for (var position = 0; position < 90; position++)
            device.Append(longer, keys.View().Slice(position, 1), values.View().Slice(position, 1));
        device.Append(shorter, keys.View(7), values.View(7));

        int[] counts = [90, 1, 33, 7];
        device.AttendEach(query, [longer, longer, longer, shorter], counts, output);

        for (var row = 0; row < 4; row++)
            ShouldBeAttention(output.Row(row), query.Row(row), keys, values, counts[row]);
    }

    [Fact]
    public void A_full_cache_refuses_more()
    {
        using var device = new CpuDevice(threads: 1);
        using var cache = new KeyValueCache(device, Heads, HeadSize, 4);
        using var rows = new Tensor(5, Width);
        Should.Throw<InvalidOperationException>(() => device.Append(cache, rows, rows));
        cache.Count.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void A_cache_of_halves_is_as_exact_as_halves_are(SimdLevel level)
    {
        var device = Devices.At(level);
        using var query = Devices.Random(6, Width, seed: 7);
        using var keys = Devices.Random(77, Width, seed: 8);
        using var values = Devices.Random(77, Width, seed: 9);
        using var cache = new KeyValueCache(device, Heads, HeadSize, 77, CacheFormat.Half);
        using var output = new Tensor(6, Width);
        device.Append(cache, keys, values);
        foreach (var tensor in (Tensor[])[keys, values])
        {
            for (var row = 0; row < tensor.Rows; row++)
            {
                foreach (ref var value in tensor.Row(row))
                    value = (float)(Half)value;
            }
        }

        device.Attend(query, cache, output);
        for (var row = 0; row < query.Rows; row++)
            ShouldBeAttention(output.Row(row), query.Row(row), keys, values, 77);

        device.AttendEach(query, [.. Enumerable.Repeat(cache, 6)], [1, 2, 31, 32, 33, 77], output);
        ShouldBeAttention(output.Row(2), query.Row(2), keys, values, 31);
        ShouldBeAttention(output.Row(5), query.Row(5), keys, values, 77);
    }

    [Trait("Speed", "Slow")]
    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void Bytes_are_off_by_at_most_half_a_step_of_their_largest_and_only_where_there_is_little_attention(SimdLevel level)
    {
        // Queries from nothing to very sure of themselves: attention shared by all 300 positions, by many, by a few.
        var device = Devices.At(level);
        foreach (var sharpness in (float[])[0.1f, 1, 3, 10])
        {
            using var query = Devices.Random(6, Width, seed: 7);
            using var keys = Devices.Random(300, Width, seed: 8);
            using var values = Devices.Random(300, Width, seed: 9);
            using var cache = new KeyValueCache(device, Heads, HeadSize, 300, CacheFormat.Int8);
            using var output = new Tensor(6, Width);
            for (var row = 0; row < 6; row++)
                TensorPrimitives.Multiply(query.Row(row), sharpness, query.Row(row));
            values.Row(5).Clear();
            keys.Row(6).Clear();
            device.Append(cache, keys, values);
            // The rest of a key is rounded, too, which a score feels in proportion to its query.
            var tolerance = 1e-4 * Math.Max(1, sharpness);
            using var roundedKeys = Rounded(keys);
            using var roundedValues = Rounded(values);

            device.Attend(query, cache, output);
            for (var row = 0; row < query.Rows; row++)
                ShouldBeAttention(output.Row(row), query.Row(row), keys, values, 300, (roundedKeys, roundedValues), tolerance);

            device.AttendEach(query, [.. Enumerable.Repeat(cache, 6)], [1, 2, 31, 32, 33, 300], output);
            ShouldBeAttention(output.Row(2), query.Row(2), keys, values, 31, (roundedKeys, roundedValues), tolerance);
            ShouldBeAttention(output.Row(5), query.Row(5), keys, values, 300, (roundedKeys, roundedValues), tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void Scores_for_alignment_are_made_of_all_that_is_stored_of_keys(SimdLevel level)
    {
        var device = Devices.At(level);
        using var query = Devices.Random(2, Width, seed: 20);
        using var keys = Devices.Random(70, Width, seed: 21);
        using var scores = new Tensor(2, 96);
        foreach (var format in Enum.GetValues<CacheFormat>())
        {
            using var cache = new KeyValueCache(device, Heads, HeadSize, 70, format);
            device.Append(cache, keys, keys);
            device.Scores(query, cache, 1, scores.View(0, 2, 70, 96));
            for (var key = 0; key < 70; key++)
            {
                var expected = TensorPrimitives.Dot<float>(
                    query.Row(1).Slice(HeadSize, HeadSize), keys.Row(key).Slice(HeadSize, HeadSize)) / 8;
                scores.Row(1)[key].ShouldBe(expected, 4e-4f, $"{format}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void Rows_of_the_same_positions_get_the_same_results_together_as_alone(SimdLevel level)
    {
        var device = Devices.At(level);
        using var query = Devices.Random(23, Width, seed: 10);
        using var keys = Devices.Random(101, Width, seed: 11);
        using var values = Devices.Random(101, Width, seed: 12);
        using var together = new Tensor(23, Width);
        using var alone = new Tensor(1, Width);
        foreach (var format in Enum.GetValues<CacheFormat>())
        {
            using var cache = new KeyValueCache(device, Heads, HeadSize, 101, format);
            using var copy = new KeyValueCache(device, Heads, HeadSize, 101, format);
            device.Append(cache, keys, values);
            copy.CopyFrom(cache);
            foreach (var rows in (int[])[2, 3, 5, 8, 9, 23])
            {
                device.AttendEach(
                    query.View(rows), [.. Enumerable.Repeat(cache, rows)], [.. Enumerable.Repeat(101, rows)], together.View(rows));
                for (var row = 0; row < rows; row++)
                {
                    device.AttendEach(query.View().Slice(row, 1), [copy], [101], alone);
                    together.Row(row).SequenceEqual(alone.Row(0)).ShouldBeTrue($"row {row} of {rows}, {format}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void Appending_and_attending_at_once_is_appending_then_attending(SimdLevel level)
    {
        var device = Devices.At(level);
        using var query = Devices.Random(7, Width, seed: 13);
        using var keys = Devices.Random(7, Width, seed: 14);
        using var values = Devices.Random(7, Width, seed: 15);
        using var output = new Tensor(7, Width);
        using var expected = new Tensor(1, Width);
        foreach (var format in Enum.GetValues<CacheFormat>())
        {
            using var first = new KeyValueCache(device, Heads, HeadSize, 40, format);
            using var second = new KeyValueCache(device, Heads, HeadSize, 40, format);
            using var firstAlone = new KeyValueCache(device, Heads, HeadSize, 40, format);
            using var secondAlone = new KeyValueCache(device, Heads, HeadSize, 40, format);
            KeyValueCache[] caches = [first, first, first, first, second, second, second];
            foreach (var step in (int[])[0, 1, 2])
            {
                device.AppendAndAttend(query, keys, values, caches, output);
                for (var row = 0; row < 7; row++)
                {
                    var cache = row < 4 ? firstAlone : secondAlone;
                    device.Append(cache, keys.View().Slice(row, 1), values.View().Slice(row, 1));
                    device.AttendEach(query.View().Slice(row, 1), [cache], [cache.Count], expected);
                    output.Row(row).SequenceEqual(expected.Row(0)).ShouldBeTrue($"row {row} of step {step}, {format}");
                }
            }

            first.Count.ShouldBe(12);
            second.Count.ShouldBe(9);
        }
    }

    [Theory]
    [MemberData(nameof(Devices.Levels), MemberType = typeof(Devices))]
    public void A_cache_that_grew_position_by_position_equals_one_filled_at_once(SimdLevel level)
    {
        var device = Devices.At(level);
        using var query = Devices.Random(2, Width, seed: 16);
        using var keys = Devices.Random(200, Width, seed: 17);
        using var values = Devices.Random(200, Width, seed: 18);
        using var ofGrown = new Tensor(2, Width);
        using var ofFull = new Tensor(2, Width);
        foreach (var format in Enum.GetValues<CacheFormat>())
        {
            using var grown = new KeyValueCache(device, Heads, HeadSize, 201, format);
            using var full = new KeyValueCache(device, Heads, HeadSize, 201, format);
            for (var position = 0; position < 200; position++)
                device.Append(grown, keys.View().Slice(position, 1), values.View().Slice(position, 1));
            device.Append(full, keys, values);

            device.Attend(query, grown, ofGrown);
            device.Attend(query, full, ofFull);

            Devices.Flat(ofGrown).ShouldBe(Devices.Flat(ofFull));
            grown.SizeInBytes.ShouldBeLessThanOrEqualTo(grown.MaximumBytes);
            full.SizeInBytes.ShouldBeLessThanOrEqualTo(full.MaximumBytes);
        }
    }

    /// <summary>As signed bytes with a scale for each row of a head.</summary>
    private static Tensor Rounded(Tensor tensor)
    {
        var rounded = new Tensor(tensor.Rows, tensor.Columns);
        for (var row = 0; row < tensor.Rows; row++)
        {
            for (var head = 0; head < Heads; head++)
            {
                var values = tensor.Row(row).Slice(head * HeadSize, HeadSize);
                var scale = MathF.Abs(TensorPrimitives.MaxMagnitude<float>(values)) / 127;
                for (var d = 0; d < HeadSize; d++)
                    rounded.Row(row)[(head * HeadSize) + d] = scale == 0 ? 0 : MathF.Round(values[d] / scale) * scale;
            }
        }

        return rounded;
    }

    /// <param name="rounded">If there are such: what counts where there is less than a 128th of the attention.</param>
    private static void ShouldBeAttention(Span<float> output, Span<float> query, Tensor keys, Tensor values, int count,
        (Tensor Keys, Tensor Values)? rounded = null, double tolerance = 2e-6)
    {
        for (var head = 0; head < Heads; head++)
        {
            var from = head * HeadSize;
            var scores = Scores(query, rounded?.Keys ?? keys, from, count);
            var max = scores.Max();
            var weights = scores.Select(score => Math.Exp(score - max)).ToArray();
            var isExact = new bool[count];
            if (rounded is not null)
            {
                var exact = Scores(query, keys, from, count);
                var threshold = weights.Sum() / 128;
                for (var key = 0; key < count; key++)
                {
                    isExact[key] = weights[key] > threshold;
                    weights[key] = isExact[key] ? Math.Exp(exact[key] - max) : weights[key];
                }
            }

            var sum = weights.Sum();
            for (var d = from; d < from + HeadSize; d++)
            {
                var expected = 0.0;
                for (var key = 0; key < count; key++)
                    expected += weights[key] / sum * (isExact[key] ? values : rounded?.Values ?? values).Row(key)[d];
                ((double)output[d]).ShouldBe(expected, tolerance);
            }
        }
    }

    private static double[] Scores(Span<float> query, Tensor keys, int from, int count)
    {
        var scores = new double[count];
        for (var key = 0; key < count; key++)
        {
            for (var d = from; d < from + HeadSize; d++)
                scores[key] += (double)query[d] * keys.Row(key)[d] / 8;
        }

        return scores;
    }
}
