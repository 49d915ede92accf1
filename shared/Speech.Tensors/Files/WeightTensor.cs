using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Speech.Tensors.Files;

/// <summary>
/// One named tensor of a <see cref="WeightFile"/>. Its data stays in the mapped file and becomes floats when asked for; spans are valid
/// until the file is disposed. Reading from several threads at once is safe.
/// </summary>
public sealed class WeightTensor
{
    private readonly MappedFile _file;
    private readonly long _offset;
    private readonly long[] _strides;

    /// <param name="typeName">The type as the file names it.</param>
    /// <param name="shape">Each at least 0, with a product that the file holds.</param>
    /// <param name="strides">Elements between neighbours of each dimension, checked to stay in the file; null: contiguous, row after
    /// row.</param>
    /// <param name="offset">Of the first element, in bytes.</param>
    internal WeightTensor(MappedFile file, string name, ElementType type, string typeName, int[] shape, long[]? strides, long offset)
    {
        _file = file;
        _offset = offset;
        Name = name;
        Type = type;
        TypeName = typeName;
        Shape = shape;
        Length = shape.Aggregate(1L, (product, dimension) => product * dimension);
        var contiguous = Contiguous(shape);
        IsContiguous = strides is null || Length == 0 || SameWhereItMatters(shape, strides, contiguous);
        _strides = IsContiguous ? contiguous : strides!;
    }

    /// <summary>The file that it is in.</summary>
    public string Path => _file.Path;

    public string Name { get; }

    public ElementType Type { get; }

    /// <summary>The type as the file names it, such as <c>F32</c> or <c>FloatStorage</c>.</summary>
    public string TypeName { get; }

    /// <summary>Slowest dimension first; empty for a single value.</summary>
    public int[] Shape { get; }

    /// <summary>Elements in all.</summary>
    public long Length { get; }

    /// <summary>The last dimension: elements of one row.</summary>
    public int Columns => Shape.Length == 0 ? 1 : Shape[^1];

    public int Rows => Columns == 0 ? 0 : checked((int)(Length / Columns));

    /// <summary>Stored row after row without gaps; other tensors (a transposed view, say) can be read, but not as they lie.</summary>
    public bool IsContiguous { get; }

    /// <summary>The elements of a contiguous tensor of floats, as they lie in the file.</summary>
    /// <exception cref="InvalidOperationException">It is not such a tensor.</exception>
    public ReadOnlySpan<float> AsSingle() => As<float>(ElementType.Single);

    /// <summary>The elements of a contiguous tensor of halves, as they lie in the file.</summary>
    /// <exception cref="InvalidOperationException">It is not such a tensor.</exception>
    public ReadOnlySpan<Half> AsHalf() => As<Half>(ElementType.Half);

    /// <summary>All elements as floats.</summary>
    /// <exception cref="ModelFileException">Its type is none that this reader reads, or it has more elements than an array.</exception>
    public float[] ToSingles()
    {
        CheckType();
        if (Length > Array.MaxLength)
            throw new ModelFileException(Path, $"its {Length} elements are too many to be read at once.", Name);
        var values = new float[Length];
        ReadRows(0, Rows, values);
        return values;
    }

    /// <summary>
    /// The elements of rows [<paramref name="first"/>, <paramref name="first"/> + <paramref name="count"/>) as floats: a
    /// <see cref="RowReader"/>.
    /// </summary>
    /// <param name="rows">At least count·<see cref="Columns"/> long.</param>
    /// <exception cref="ModelFileException">Its type is none that this reader reads.</exception>
    public void ReadRows(int first, int count, Span<float> rows)
    {
        CheckType();
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Rows - first);
        rows = rows[..checked(count * Columns)];
        if (IsContiguous)
        {
            Read((long)first * Columns, 1, rows);
            return;
        }

        for (var row = 0; row < count; row++)
            Read(RowStart(first + row), _strides[^1], rows.Slice(row * Columns, Columns));
    }

    public override string ToString() => $"{Name} {TypeName} [{string.Join(", ", Shape)}]";

    internal static long[] Contiguous(int[] shape)
    {
        var strides = new long[shape.Length];
        var stride = 1L;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= Math.Max(1, shape[i]);
        }

        return strides;
    }

    /// <summary>A dimension of one element may have any stride.</summary>
    private static bool SameWhereItMatters(int[] shape, long[] strides, long[] contiguous)
    {
        for (var i = 0; i < shape.Length; i++)
        {
            if (shape[i] > 1 && strides[i] != contiguous[i])
                return false;
        }

        return true;
    }

    private long RowStart(int row)
    {
        var start = 0L;
        for (var i = Shape.Length - 2; i >= 0; i--)
        {
            (row, var index) = Math.DivRem(row, Shape[i]);
            start += index * _strides[i];
        }

        return start;
    }

    private void Read(long element, long stride, Span<float> values)
    {
        if (stride == 1 || values.Length <= 1)
        {
            ReadNeighbours(element, values);
            return;
        }

        for (var i = 0; i < values.Length; i++)
            ReadNeighbours(element + (i * stride), values.Slice(i, 1));
    }

    private void ReadNeighbours(long element, Span<float> values)
    {
        switch (Type)
        {
            case ElementType.Single:
                _file.Elements<float>(_offset + (element * sizeof(float)), values.Length).CopyTo(values);
                break;
            case ElementType.Half:
                TensorPrimitives.ConvertToSingle(_file.Elements<Half>(_offset + (element * sizeof(ushort)), values.Length), values);
                break;
            default:
                var bits = MemoryMarshal.Cast<float, uint>(values);
                TensorPrimitives.ConvertTruncating(_file.Elements<ushort>(_offset + (element * sizeof(ushort)), values.Length), bits);
                TensorPrimitives.ShiftLeft(bits, 16, bits);
                break;
        }
    }

    private ReadOnlySpan<T> As<T>(ElementType type)
        where T : unmanaged =>
        Type == type && IsContiguous && Length <= int.MaxValue
            ? _file.Elements<T>(_offset, (int)Length)
            : throw new InvalidOperationException(
                $"Tensor '{Name}' is {TypeName}{(IsContiguous ? "" : ", not contiguous")}, not {type}; use {nameof(ReadRows)}.");

    private void CheckType()
    {
        if (Type == ElementType.Other)
            throw new ModelFileException(
                Path, $"its type {TypeName} is none of float32, float16 and bfloat16; use a file with such weights.", Name);
    }
}
