using System.Runtime.InteropServices;

namespace Speech.Tensors;

/// <summary>A matrix of 32-bit floats, [rows, columns], row-major, in 64-byte aligned memory that its owner disposes.</summary>
/// <remarks>Views do not keep their tensor alive: whoever hands out a view keeps the tensor.</remarks>
public sealed unsafe class Tensor : IDisposable
{
    private const nint Alignment = 64;
    private float* _data;
    private void* _memory;

    /// <summary>Allocates a tensor of zeros.</summary>
    /// <param name="rows">At least 0.</param>
    /// <param name="columns">At least 1.</param>
    public Tensor(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        Rows = rows;
        Columns = columns;
        var bytes = checked((nuint)Math.Max(1, (long)rows * columns) * sizeof(float));

        // Zeros that the system gives cost no memory until they are written, and few callers need all that they reserve.
        _memory = NativeMemory.AllocZeroed(bytes + (nuint)Alignment);
        _data = (float*)(((nint)_memory + Alignment - 1) & -Alignment);
        GC.AddMemoryPressure((long)bytes);
    }

    /// <summary>A tensor of one row with a copy of <paramref name="values"/>.</summary>
    public Tensor(ReadOnlySpan<float> values)
        : this(1, values.Length) => values.CopyTo(Row(0));

    ~Tensor() => Free();

    public int Rows { get; }

    public int Columns { get; }

    internal float* Data => _data;

    public Span<float> Row(int row) => View().Row(row);

    /// <summary>The whole tensor.</summary>
    public TensorView View() => View(Rows);

    /// <summary>The first <paramref name="rows"/> rows.</summary>
    public TensorView View(int rows) => View(0, rows, Columns, Columns);

    /// <summary>
    /// Any regular window into the memory: row r begins at element <paramref name="offset"/> + r·<paramref name="stride"/>. Rows may
    /// overlap, which is how a convolution over time becomes a matrix product without a copy.
    /// </summary>
    public TensorView View(int offset, int rows, int columns, int stride)
    {
        ObjectDisposedException.ThrowIf(_data is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        ArgumentOutOfRangeException.ThrowIfNegative(stride);
        if (rows > 0 && offset + ((rows - 1) * (long)stride) + columns > (long)Rows * Columns)
            throw new ArgumentOutOfRangeException(nameof(rows),
                $"A view of {rows}x{columns} (stride {stride}, offset {offset}) is larger than the tensor of {Rows}x{Columns}.");
        return new TensorView(_data + offset, rows, columns, stride);
    }

    public static implicit operator TensorView(Tensor tensor) => tensor.View();

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_data is null)
            return;
        NativeMemory.Free(_memory);
        GC.RemoveMemoryPressure(Math.Max(1, (long)Rows * Columns) * sizeof(float));
        _data = null;
    }
}
