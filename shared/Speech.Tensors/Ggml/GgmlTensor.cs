using System.Runtime.InteropServices;
using Speech.Tensors.Files;

namespace Speech.Tensors.Ggml;

/// <summary>
/// One named tensor of a <see cref="GgmlFile"/>. Its data stays in the mapped file; spans are valid until the file is disposed.
/// </summary>
public sealed class GgmlTensor
{
    private readonly MappedFile _file;
    private readonly long _offset;
    private readonly int _byteCount;

    internal GgmlTensor(MappedFile file, string name, GgmlType type, int[] shape, int length, long offset, int byteCount)
    {
        _file = file;
        _offset = offset;
        _byteCount = byteCount;
        Name = name;
        Type = type;
        Shape = shape;
        Length = length;
    }

    public string Name { get; }

    public GgmlType Type { get; }

    /// <summary>PyTorch's order, slowest dimension first (the file has the reverse); empty for a single value.</summary>
    public int[] Shape { get; }

    /// <summary>Elements in all.</summary>
    public int Length { get; }

    /// <summary>The last dimension: elements of one contiguous row.</summary>
    public int Columns => Shape.Length == 0 ? 1 : Shape[^1];

    public int Rows => Length / Columns;

    /// <summary>The stored bytes, row after row. Not aligned: the format has no padding.</summary>
    public ReadOnlySpan<byte> Data => _file.Slice(_offset, _byteCount);

    /// <summary>The elements of an F32 tensor without conversion.</summary>
    public ReadOnlySpan<float> AsSingle() => As<float>(GgmlType.F32);

    /// <summary>The elements of an F16 tensor without conversion.</summary>
    public ReadOnlySpan<Half> AsHalf() => As<Half>(GgmlType.F16);

    /// <summary>The stored bytes of rows [<paramref name="start"/>, <paramref name="start"/> + <paramref name="count"/>).</summary>
    public ReadOnlySpan<byte> RowData(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Rows - start);
        var rowBytes = (int)Type.Bytes(Columns);
        return Data.Slice(start * rowBytes, count * rowBytes);
    }

    /// <summary>All elements as single precision.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <see cref="Length"/>.</exception>
    public void Dequantize(Span<float> destination) => GgmlBlocks.Dequantize(Type, Data, Length, destination);

    /// <summary>The elements of rows [<paramref name="start"/>, <paramref name="start"/> + <paramref name="count"/>).</summary>
    public void Dequantize(int start, int count, Span<float> destination) =>
        GgmlBlocks.Dequantize(Type, RowData(start, count), count * Columns, destination);

    public float[] ToSingles()
    {
        var values = new float[Length];
        Dequantize(values);
        return values;
    }

    /// <summary>The blocks of a Q4_0, Q5_0 or Q8_0 tensor as bytes with their scale.</summary>
    public Int8Block[] ToInt8()
    {
        var blocks = new Int8Block[Length / Int8Block.Length];
        GgmlBlocks.ToInt8(Type, Data, blocks);
        return blocks;
    }

    public override string ToString() => $"{Name} {Type} [{string.Join(", ", Shape)}]";

    private ReadOnlySpan<T> As<T>(GgmlType type)
        where T : unmanaged =>
        Type == type
            ? MemoryMarshal.Cast<byte, T>(Data)
            : throw new InvalidOperationException($"Tensor '{Name}' is {Type}, not {type}; use {nameof(Dequantize)}.");
}
