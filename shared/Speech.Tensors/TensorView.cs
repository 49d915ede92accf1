namespace Speech.Tensors;

/// <summary>
/// A window into a <see cref="Tensor"/>: [rows, columns], row r at <c>stride</c>·r elements. Valid while its tensor lives.
/// </summary>
public readonly unsafe struct TensorView
{
    internal TensorView(float* data, int rows, int columns, int stride)
    {
        Data = data;
        Rows = rows;
        Columns = columns;
        Stride = stride;
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Elements between the beginnings of two rows.</summary>
    public int Stride { get; }

    internal float* Data { get; }

    public Span<float> Row(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        return new Span<float>(Data + ((nint)row * Stride), Columns);
    }

    /// <summary>Rows <paramref name="start"/> to start+count.</summary>
    public TensorView Slice(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)start + count, Rows, nameof(count));
        return new TensorView(Data + ((nint)start * Stride), count, Columns, Stride);
    }

    internal float* RowPointer(int row) => Data + ((nint)row * Stride);
}
