using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Speech.Tensors.Ggml;

/// <summary>The element formats of ggml, turned into single precision. A quantised block holds 32 elements: a half-precision scale d
/// (the "_1" types: and a minimum m), and small integers q; an element is q * d (or q * d + m).
/// <code>
/// Q8_0  d | q[32] signed bytes
/// Q4_x  d [m] | 16 bytes: low nibbles are elements 0..15, high nibbles 16..31
/// Q5_x  d [m] | u32: bit j is the fifth bit of element j | 16 bytes as Q4
/// </code>
/// Q4_0 and Q5_0 are centred: 8 and 16 are taken off.</summary>
/// <remarks>Source: ggml <c>ggml-quants.c</c>, <c>dequantize_row_*</c>; results are equal.</remarks>
public static class GgmlBlocks
{
    /// <summary>Elements <c>[0, length)</c> of <paramref name="data"/> as single precision.</summary>
    /// <exception cref="ArgumentException">The data or the destination is too short, or the length is not whole blocks.</exception>
    public static void Dequantize(GgmlType type, ReadOnlySpan<byte> data, int length, Span<float> destination)
    {
        if (length % type.BlockLength != 0 || data.Length < type.Bytes(length) || destination.Length < length)
        {
            throw new ArgumentException(
                $"{length} elements of {type} do not fit {data.Length} bytes of data and a destination of {destination.Length}.");
        }

        destination = destination[..length];
        switch (type)
        {
            case GgmlType.F32:
                MemoryMarshal.Cast<byte, float>(data)[..length].CopyTo(destination);
                break;
            case GgmlType.F16:
                ToSingle(MemoryMarshal.Cast<byte, Half>(data)[..length], destination);
                break;
            default:
                for (var start = 0; start < length; start += 32, data = data[type.BlockBytes..])
                    DequantizeBlock(type, data, ReadHalf(data), destination.Slice(start, 32));
                break;
        }
    }

    /// <summary>Blocks without a minimum as signed bytes with their scale: no bit is lost.</summary>
    /// <param name="type">Q4_0, Q5_0 or Q8_0.</param>
    public static void ToInt8(GgmlType type, ReadOnlySpan<byte> data, Span<Int8Block> destination)
    {
        if (!type.FitsInt8 || data.Length < (long)destination.Length * type.BlockBytes)
            throw new ArgumentException(
                $"{destination.Length} blocks of {type} cannot be read as bytes from {data.Length} bytes of data.", nameof(type));
        Span<float> integers = stackalloc float[Int8Block.Length];
        Span<sbyte> weights = stackalloc sbyte[Int8Block.Length];
        foreach (ref var block in destination)
        {
            DequantizeBlock(type, data, scale: 1, integers);
            for (var i = 0; i < weights.Length; i++)
                weights[i] = (sbyte)integers[i];
            block = new Int8Block(ReadHalf(data), weights);
            data = data[type.BlockBytes..];
        }
    }

    /// <summary>Half to single precision, exactly, by integer arithmetic on vectors: .NET has no vector conversion of Half yet.</summary>
    public static void ToSingle(ReadOnlySpan<Half> source, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, source.Length);
        var bits = MemoryMarshal.Cast<Half, ushort>(source);
        var i = 0;
        for (; i <= bits.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(bits[i..]), out var low, out var high);
            ToSingle(low).CopyTo(destination[i..]);
            ToSingle(high).CopyTo(destination[(i + Vector<uint>.Count)..]);
        }

        for (; i < source.Length; i++)
            destination[i] = (float)source[i];
    }

    private static Vector<float> ToSingle(Vector<uint> half)
    {
        // The exponent and mantissa moved into place give the value times 2^-112, also for subnormals; infinities and NaN need all
        // exponent bits set.
        var magnitude = (half & new Vector<uint>(0x7fff)) << 13;
        var finite = (Vector.AsVectorSingle(magnitude) * new Vector<float>(5.192296858534828e33f)).As<float, uint>();
        var special = Vector.GreaterThanOrEqual(magnitude, new Vector<uint>(0x7c00u << 13)) & new Vector<uint>(0x7f800000);
        return Vector.AsVectorSingle(finite | special | ((half & new Vector<uint>(0x8000)) << 16));
    }

    private static void DequantizeBlock(GgmlType type, ReadOnlySpan<byte> block, float scale, Span<float> destination)
    {
        switch (type)
        {
            case GgmlType.Q8_0:
                var signed = MemoryMarshal.Cast<byte, sbyte>(block[2..]);
                Store(Vector128.Create(signed[..16]), scale, 0, destination[..16]);
                Store(Vector128.Create(signed[16..32]), scale, 0, destination[16..]);
                break;
            case GgmlType.Q4_0:
                StoreNibbles(block[2..], 0, -8, scale, 0, destination);
                break;
            case GgmlType.Q4_1:
                StoreNibbles(block[4..], 0, 0, scale, ReadHalf(block[2..]), destination);
                break;
            case GgmlType.Q5_0:
                StoreNibbles(block[6..], BinaryPrimitives.ReadUInt32LittleEndian(block[2..]), -16, scale, 0, destination);
                break;
            case GgmlType.Q5_1:
                StoreNibbles(block[8..], BinaryPrimitives.ReadUInt32LittleEndian(block[4..]), 0, scale, ReadHalf(block[2..]), destination);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Not a quantised ggml type.");
        }
    }

    private static void StoreNibbles(
        ReadOnlySpan<byte> nibbles, uint fifthBits, sbyte centre, float scale, float minimum, Span<float> destination)
    {
        var bytes = Vector128.Create(nibbles[..16]);
        var low = (bytes & Vector128.Create((byte)0x0f)) | FifthBits(fifthBits);
        var high = (bytes >>> 4) | FifthBits(fifthBits >> 16);
        Store(low.AsSByte() + Vector128.Create(centre), scale, minimum, destination[..16]);
        Store(high.AsSByte() + Vector128.Create(centre), scale, minimum, destination[16..]);
    }

    /// <summary>16 in byte j where bit j is set.</summary>
    private static Vector128<byte> FifthBits(uint bits)
    {
        var spread = Vector128.Create(Vector64.Create((byte)bits), Vector64.Create((byte)(bits >> 8)));
        var one = Vector128.Create((byte)1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128);
        return Vector128.Equals(spread & one, one) & Vector128.Create((byte)16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<sbyte> q, float scale, float minimum, Span<float> destination)
    {
        var (low, high) = Vector128.Widen(q);
        var (a, b) = Vector128.Widen(low);
        var (c, d) = Vector128.Widen(high);
        var (m, s) = (Vector128.Create(minimum), Vector128.Create(scale));
        (Vector128.ConvertToSingle(a) * s + m).CopyTo(destination);
        (Vector128.ConvertToSingle(b) * s + m).CopyTo(destination[4..]);
        (Vector128.ConvertToSingle(c) * s + m).CopyTo(destination[8..]);
        (Vector128.ConvertToSingle(d) * s + m).CopyTo(destination[12..]);
    }

    private static float ReadHalf(ReadOnlySpan<byte> bytes) => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes);
}
