using Speech.Tensors.Cpu;

namespace Speech.Tensors;

/// <summary>
/// Attention keys and values of one sequence, head by head: values as rows [capacity, headSize]; keys in the panels of
/// <see cref="PackedMatrix"/> ([headSize, panel width], a key a column), so that scores are a matrix product like any other. Decoding reads
/// all of a cache for every token, so its bytes are its cost: see <see cref="CacheFormat"/>.
/// </summary>
public sealed unsafe class KeyValueCache : IDisposable
{
    /// <summary>Steps of a rest in one of a rounded key or value: rounding takes at most half of one, seven of these.</summary>
    internal const int RestSteps = 14;

    /// <summary>What a value's rest is multiplied by in the byte that it shares with the key's.</summary>
    internal const int ValueRest = 16;

    private readonly HeadPlane _keys;
    private readonly HeadPlane _values;
    private readonly HeadPlane? _keyScales;
    private readonly HeadPlane? _rests;
    private readonly HeadPlane? _valueScales;
    private readonly HeadPlane[] _planes;
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
        var bytes =
            headSize * format switch { CacheFormat.Single => sizeof(float), CacheFormat.Half => sizeof(ushort), _ => sizeof(sbyte) };
        _keys = new HeadPlane(heads, bytes);
        _values = new HeadPlane(heads, bytes);
        _planes = [_keys, _values];
        if (format != CacheFormat.Int8)
            return;
        _keyScales = new HeadPlane(heads, sizeof(float));
        _rests = new HeadPlane(heads, bytes);
        _valueScales = new HeadPlane(heads, sizeof(float));
        _planes = [.. _planes, _keyScales, _rests, _valueScales];
    }

    public int Heads { get; }

    public int HeadSize { get; }

    public int Capacity { get; }

    public CacheFormat Format { get; }

    /// <summary>Positions held.</summary>
    public int Count { get; private set; }

    /// <summary>Memory taken so far.</summary>
    public long SizeInBytes => _planes.Sum(plane => plane.SizeInBytes);

    /// <summary>Memory when full.</summary>
    public long MaximumBytes => (long)Heads * Panels(Capacity) * PanelWidth * _planes.Sum(plane => plane.BytesPerPosition);

    /// <summary>What an attention reads of it, but for <see cref="CacheFormat.Int8"/>'s few rests.</summary>
    public long BytesRead => (long)Heads * Count * _planes.Sum(plane => plane == _rests ? 0 : plane.BytesPerPosition);

    internal int PanelWidth { get; }

    internal int PaddedCount => Panels(Count) * PanelWidth;

    /// <summary>Forgets all positions.</summary>
    public void Clear() => Count = 0;

    /// <summary>Takes memory at once for the positions that will come, where their number is known.</summary>
    public void Reserve(int positions)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(positions, Capacity);
        if (positions <= _reserved)
            return;
        _reserved = Panels(positions) * PanelWidth;
        foreach (var plane in _planes)
            plane.Reserve(_reserved, PaddedCount);
    }

    /// <summary>Becomes equal to <paramref name="other"/>, a cache of the same shape.</summary>
    public void CopyFrom(KeyValueCache other)
    {
        if (other.Heads != Heads || other.HeadSize != HeadSize || other.Capacity != Capacity || other.Format != Format)
            throw new ArgumentException("Only a cache of the same shape can be copied.", nameof(other));
        Clear();
        Grow(other.Count);
        for (var i = 0; i < _planes.Length; i++)
            _planes[i].CopyFrom(other._planes[i], PaddedCount);
    }

    public void Dispose()
    {
        foreach (var plane in _planes)
            plane.Dispose();
        _disposed = true;
    }

    internal int Panels(int positions) => (positions + PanelWidth - 1) / PanelWidth;

    internal byte* Keys(int head) => _keys.Head(head);

    internal byte* Values(int head) => _values.Head(head);

    /// <summary>A float for each key, or null.</summary>
    internal float* KeyScales(int head) => _keyScales is null ? null : (float*)_keyScales.Head(head);

    /// <summary>
    /// What rounding took from keys and values, as rows [capacity, headSize] of bytes, key + 16·value, each in -7..7 units of its scale /
    /// <see cref="RestSteps"/>; or null.
    /// </summary>
    internal sbyte* Rests(int head) => _rests is null ? null : (sbyte*)_rests.Head(head);

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
}
