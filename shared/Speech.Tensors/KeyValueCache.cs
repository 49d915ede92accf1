using Speech.Tensors.Cpu;

namespace Speech.Tensors;

/// <summary>
/// Attention keys and values of one sequence: values as rows [capacity, heads·headSize]; keys, for each head, in the panels of
/// <see cref="PackedMatrix"/> ([headSize, panel width], a key a column), so that scores are a matrix product like any other.
/// </summary>
public sealed class KeyValueCache : IDisposable
{
    private readonly Tensor _keys;
    private readonly Tensor _values;

    /// <param name="capacity">The most positions it will hold; memory is taken at once.</param>
    public KeyValueCache(CpuDevice device, int heads, int headSize, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        PanelWidth = device.Kernels.PanelWidth;
        if (headSize <= 0 || headSize % PanelWidth != 0)
            throw new ArgumentException($"A head size of {headSize} is not a multiple of the panel width {PanelWidth}.", nameof(headSize));
        Heads = heads;
        HeadSize = headSize;
        Capacity = capacity;
        _keys = new Tensor(heads, Panels(capacity) * PanelWidth * headSize);
        _values = new Tensor(capacity, heads * headSize);
    }

    public int Heads { get; }

    public int HeadSize { get; }

    public int Capacity { get; }

    /// <summary>Positions held.</summary>
    public int Count { get; private set; }

    public long SizeInBytes => sizeof(float) * (((long)_keys.Rows * _keys.Columns) + ((long)_values.Rows * _values.Columns));

    internal int PanelWidth { get; }

    internal int PaddedCount => Panels(Count) * PanelWidth;

    internal TensorView Values => _values;

    /// <summary>Forgets all positions.</summary>
    public void Clear() => Count = 0;

    public void Dispose()
    {
        _keys.Dispose();
        _values.Dispose();
    }

    internal int Panels(int positions) => (positions + PanelWidth - 1) / PanelWidth;

    internal unsafe float* KeyPanels(int head) => _keys.View().RowPointer(head);

    /// <summary>Makes room for more positions and returns the first of them.</summary>
    internal int Grow(int positions)
    {
        if (Count + positions > Capacity)
            throw new InvalidOperationException($"The cache holds {Count} of {Capacity} positions; {positions} more do not fit.");
        Count += positions;
        return Count - positions;
    }
}
