using Speech.Tensors.Ggml;

namespace Speech.Tensors.Tests.Ggml;

public class GgmlBlocksTests
{
    public static TheoryData<GgmlType> Quantised { get; } = [GgmlType.Q4_0, GgmlType.Q4_1, GgmlType.Q5_0, GgmlType.Q5_1, GgmlType.Q8_0];

    [Theory]
    [MemberData(nameof(Quantised))]
    public void Every_block_format_gives_what_its_definition_says(GgmlType type)
    {
        var random = new Random(1);
        const int Blocks = 200;
        var data = new byte[Blocks * type.BlockBytes];
        random.NextBytes(data);
        for (var block = 0; block < Blocks; block++)
        {
            // Random scales may be infinite or no numbers, which compare with nothing.
            BitConverter.TryWriteBytes(data.AsSpan(block * type.BlockBytes), (Half)(random.NextSingle() * 4 - 2));
            if (type is GgmlType.Q4_1 or GgmlType.Q5_1)
                BitConverter.TryWriteBytes(data.AsSpan(block * type.BlockBytes + 2), (Half)(random.NextSingle() * 4 - 2));
        }

        var values = new float[32 * Blocks];
        GgmlBlocks.Dequantize(type, data, values.Length, values);

        for (var i = 0; i < values.Length; i++)
            values[i].ShouldBe(Naive(type, data.AsSpan(i / 32 * type.BlockBytes, type.BlockBytes), i % 32), $"element {i}");
    }

    [Fact]
    public void Every_half_becomes_the_same_single()
    {
        var halves = Enumerable.Range(0, 65536).Select(bits => BitConverter.UInt16BitsToHalf((ushort)bits)).Append((Half)1).ToArray();
        var singles = new float[halves.Length];

        GgmlBlocks.ToSingle(halves, singles);

        for (var i = 0; i < halves.Length; i++)
        {
            if (Half.IsNaN(halves[i]))
                float.IsNaN(singles[i]).ShouldBeTrue();
            else
                BitConverter.SingleToInt32Bits(singles[i]).ShouldBe(BitConverter.SingleToInt32Bits((float)halves[i]), $"half {i:x4}");
        }
    }

    [Theory]
    [InlineData(GgmlType.Q4_0, 1f / 8)]
    [InlineData(GgmlType.Q4_1, 2f / 15)]
    [InlineData(GgmlType.Q5_0, 1f / 16)]
    [InlineData(GgmlType.Q5_1, 2f / 31)]
    [InlineData(GgmlType.Q8_0, 0.5f / 127)]
    public void A_quantised_value_comes_back_within_a_step(GgmlType type, float step)
    {
        var random = new Random(2);
        var values = Enumerable.Range(0, 3200).Select(_ => random.NextSingle() * 2 - 1).ToArray();
        var back = new float[values.Length];

        GgmlBlocks.Dequantize(type, GgmlQuantiser.Quantise(type, values), values.Length, back);

        for (var i = 0; i < values.Length; i++)
            back[i].ShouldBe(values[i], step * 1.01f + 0.001f);
    }

    [Theory]
    [InlineData(GgmlType.Q4_0)]
    [InlineData(GgmlType.Q5_0)]
    [InlineData(GgmlType.Q8_0)]
    public void Blocks_without_a_minimum_become_bytes_without_loss(GgmlType type)
    {
        var random = new Random(5);
        var data = GgmlQuantiser.Quantise(type, [.. Enumerable.Range(0, 320).Select(_ => (float)(random.NextDouble() - 0.5))]);
        var floats = new float[320];
        GgmlBlocks.Dequantize(type, data, 320, floats);
        var blocks = new Int8Block[10];
        GgmlBlocks.ToInt8(type, data, blocks);

        for (var i = 0; i < floats.Length; i++)
            (blocks[i / 32].Weights[i % 32] * blocks[i / 32].Scale).ShouldBe(floats[i]);
        Should.Throw<ArgumentException>(() => GgmlBlocks.ToInt8(GgmlType.Q5_1, new byte[240], new Int8Block[10]));
    }

    [Fact]
    public void A_length_that_does_not_fit_is_refused()
    {
        Should.Throw<ArgumentException>(() => GgmlBlocks.Dequantize(GgmlType.Q8_0, new byte[34], 33, new float[64]));
        Should.Throw<ArgumentException>(() => GgmlBlocks.Dequantize(GgmlType.Q8_0, new byte[33], 32, new float[32]));
        Should.Throw<ArgumentException>(() => GgmlBlocks.Dequantize(GgmlType.F16, new byte[64], 32, new float[31]));
    }

    /// <summary>The table of the block formats, element by element.</summary>
    private static float Naive(GgmlType type, ReadOnlySpan<byte> block, int index)
    {
        var d = (float)BitConverter.ToHalf(block);
        var m = (float)BitConverter.ToHalf(block[2..]);
        var high = index / 16;
        return type switch
        {
            GgmlType.Q8_0 => (sbyte)block[2 + index] * d,
            GgmlType.Q4_0 => (Nibble(block[2..]) - 8) * d,
            GgmlType.Q4_1 => Nibble(block[4..]) * d + m,
            GgmlType.Q5_0 => ((Nibble(block[6..]) | FifthBit(block[2..])) - 16) * d,
            GgmlType.Q5_1 => (Nibble(block[8..]) | FifthBit(block[4..])) * d + m,
            _ => throw new ArgumentOutOfRangeException(nameof(type)),
        };

        int Nibble(ReadOnlySpan<byte> nibbles) => (nibbles[index % 16] >> (4 * high)) & 15;

        int FifthBit(ReadOnlySpan<byte> bits) => (int)((BitConverter.ToUInt32(bits) >> index) & 1) << 4;
    }
}
