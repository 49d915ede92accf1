using Speech.Tensors.Cpu;

namespace Speech.Tensors;

/// <summary>
/// Attention keys and values of one sequence, head by head: values as rows [capacity, headSize]; keys in the panels of <see cref="PackedMatrix"/>
/// ([headSize, panel width], a key a column), so that scores are a matrix product like any other. Decoding reads all of a cache for every token, so its
/// bytes are its cost: see <see cref="CacheFormat"/>.
/// </summary>
public sealed unsafe class KeyValueCache : IDisposable
{
    private readonly HeadPlane _keys;
    private readonly HeadPlane _values;
    private readonly HeadPlane? _valueScales;
    private int _reserved;
    private bool _disposed;

    /// <param name="capacity">The most positions it will hold; memory is taken as they come, and kept.</param>
    public KeyValueCache(CpuDevice device, int heads, int headSize, int capacity, CacheFormat format = CacheFormat.Single)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        PanelWidth = device.Kernels.PanelWidth;
        if (headSize <= 0 || headSize % PanelWidth != 0)
            throw new ArgumentException($"A head size of {headSize} is not a multiple of {PanelWidth}.", nameof(headSize));
        Heads = heads;
        HeadSize = headSize;
        Capacity = capacity;
        Format = format;
        _keys = new HeadPlane(heads, headSize * (format == CacheFormat.Single ? sizeof(float) : sizeof(ushort)));
        _values = new HeadPlane(heads, headSize * (format == CacheFormat.Single ? sizeof(float) : format == CacheFormat.Half ? sizeof(ushort) : sizeof(sbyte)));
        _valueScales = format == CacheFormat.HalfKeysInt8Values ? new HeadPlane(heads, sizeof(float)) : null;
    }

    public int Heads { get; }

    public int HeadSize { get; }

    public int Capacity { get; }

    public CacheFormat Format { get; }

    /// <summary>Positions held.</summary>
    public int Count { get; private set; }

    /// <summary>Memory taken so far.</summary>
    public long SizeInBytes => _keys.SizeInBytes + _values.SizeInBytes + (_valueScales?.SizeInBytes ?? 0);

    /// <summary>Memory when full.</summary>
    public long MaximumBytes =>
        (long)Heads * Panels(Capacity) * PanelWidth
        * (_keys.BytesPerPosition + _values.BytesPerPosition + (_valueScales?.BytesPerPosition ?? 0));

    internal int PanelWidth { get; }

    internal int PaddedCount => Panels(Count) * PanelWidth;

    /// <summary>Forgets all positions.</summary>
    public void Clear() => Count = 0;

    /// <summary>Becomes equal to <paramref name="other"/>, a cache of the same shape.</summary>
    public void CopyFrom(KeyValueCache other)
    {
        if (other.Heads != Heads || other.HeadSize != HeadSize || other.Capacity != Capacity || other.Format != Format)
            throw new ArgumentException("Only a cache of the same shape can be copied.", nameof(other));
        Clear();
        Grow(other.Count);
        _keys.CopyFrom(other._keys, PaddedCount);
        _values.CopyFrom(other._values, Count);
        _valueScales?.CopyFrom(other._valueScales!, Count);
    }

    public void Dispose()
    {
        _keys.Dispose();
        _values.Dispose();
        _valueScales?.Dispose();
        _disposed = true;
    }

    internal int Panels(int positions) => (positions + PanelWidth - 1) / PanelWidth;

    internal byte* Keys(int head) => _keys.Head(head);

    internal byte* Values(int head) => _values.Head(head);

    /// <summary>A float for each value, or null.</summary>
    internal float* ValueScales(int head) => _valueScales is null ? null : (float*)_valueScales.Head(head);

    /// <summary>Makes room for more positions and returns the first of them.</summary>
    internal int Grow(int positions)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (Count + positions > Capacity)
            throw new InvalidOperationException($"The cache holds {Count} of {Capacity} positions; {positions} more do not fit.");
        if (Count + positions > _reserved)
            Reserve(Math.Min(Capacity, Math.Max(Count + positions, 2 * Count)));
        Count += positions;
        return Count - positions;
    }

    private void Reserve(int positions)
    {
        _reserved = Panels(positions) * PanelWidth;
        foreach (var plane in (ReadOnlySpan<HeadPlane?>)[_keys, _values, _valueScales])
            plane?.Reserve(_reserved, PaddedCount);
    }
}
