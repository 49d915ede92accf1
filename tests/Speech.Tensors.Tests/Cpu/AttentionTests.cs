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
        using var cache = new KeyValueCache(device, Heads, HeadSize, 77, half: true);
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

    private static void ShouldBeAttention(Span<float> output, Span<float> query, Tensor keys, Tensor values, int count)
    {
        for (var head = 0; head < Heads; head++)
        {
            var from = head * HeadSize;
            var scores = new double[count];
            for (var key = 0; key < count; key++)
            {
                for (var d = from; d < from + HeadSize; d++)
                    scores[key] += (double)query[d] * keys.Row(key)[d] / 8;
            }

            var max = scores.Max();
            var weights = scores.Select(score => Math.Exp(score - max)).ToArray();
            var sum = weights.Sum();
            for (var d = from; d < from + HeadSize; d++)
            {
                var expected = 0.0;
                for (var key = 0; key < count; key++)
                    expected += weights[key] / sum * values.Row(key)[d];
                ((double)output[d]).ShouldBe(expected, 2e-6);
            }
        }
    }
}
