using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Speech.Tensors.Ggml;

namespace Speech.Testing;

/// <summary>
/// Single precision to ggml's element formats, as ggml's <c>quantize_row_*_ref</c> do it, so that tests can make their own files.
/// </summary>
public static class GgmlQuantiser
{
    public static byte[] Quantise(GgmlType type, ReadOnlySpan<float> values)
    {
        var bytes = new byte[type.Bytes(values.Length)];
        switch (type)
        {
            case GgmlType.F32:
                MemoryMarshal.AsBytes(values).CopyTo(bytes);
                break;
            case GgmlType.F16:
                for (var i = 0; i < values.Length; i++)
                    BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(2 * i), (Half)values[i]);
                break;
            default:
                for (var block = 0; block < values.Length / 32; block++)
                    QuantiseBlock(type, values.Slice(32 * block, 32), bytes.AsSpan(block * type.BlockBytes, type.BlockBytes));
                break;
        }

        return bytes;
    }

    private static void QuantiseBlock(GgmlType type, ReadOnlySpan<float> x, Span<byte> block)
    {
        var (minimum, maximum, extreme) = (x[0], x[0], 0f);
        foreach (var value in x)
        {
            minimum = Math.Min(minimum, value);
            maximum = Math.Max(maximum, value);
            if (Math.Abs(value) > Math.Abs(extreme))
                extreme = value;
        }

        switch (type)
        {
            case GgmlType.Q8_0:
                var (scale, inverse) = Scale(Math.Abs(extreme) / 127, block);
                for (var i = 0; i < 32; i++)
                    block[2 + i] = (byte)(sbyte)MathF.Round(x[i] * inverse, MidpointRounding.AwayFromZero);
                break;
            case GgmlType.Q4_0:
                (scale, inverse) = Scale(extreme / -8, block);
                Nibbles(x, value => (byte)Math.Min(15, (int)(value * inverse + 8.5f)), block[2..]);
                break;
            case GgmlType.Q4_1:
                (scale, inverse) = Scale((maximum - minimum) / 15, block);
                BinaryPrimitives.WriteHalfLittleEndian(block[2..], (Half)minimum);
                Nibbles(x, value => (byte)Math.Min(15, (int)((value - minimum) * inverse + 0.5f)), block[4..]);
                break;
            case GgmlType.Q5_0:
                (scale, inverse) = Scale(extreme / -16, block);
                BinaryPrimitives.WriteUInt32LittleEndian(
                    block[2..], Nibbles(x, value => (byte)Math.Min(31, (int)(value * inverse + 16.5f)), block[6..]));
                break;
            case GgmlType.Q5_1:
                (scale, inverse) = Scale((maximum - minimum) / 31, block);
                BinaryPrimitives.WriteHalfLittleEndian(block[2..], (Half)minimum);
                BinaryPrimitives.WriteUInt32LittleEndian(
                    block[4..], Nibbles(x, value => (byte)Math.Min(31, (int)((value - minimum) * inverse + 0.5f)), block[8..]));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, null);
        }
    }

    private static (float Scale, float Inverse) Scale(float scale, Span<byte> block)
    {
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)scale);
        return (scale, scale == 0 ? 0 : 1 / scale);
    }

    /// <summary>The low four bits of 32 quantised values into 16 bytes; returns the fifth ones.</summary>
    private static uint Nibbles(ReadOnlySpan<float> x, Func<float, byte> quantise, Span<byte> nibbles)
    {
        var fifthBits = 0u;
        for (var i = 0; i < 16; i++)
        {
            var (low, high) = (quantise(x[i]), quantise(x[i + 16]));
            nibbles[i] = (byte)((low & 15) | ((high & 15) << 4));
            fifthBits |= (uint)(low >> 4) << i | (uint)(high >> 4) << (i + 16);
        }

        return fifthBits;
    }
}
