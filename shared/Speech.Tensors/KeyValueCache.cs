using System.Runtime.InteropServices;
using Speech.Tensors.Cpu;

namespace Speech.Tensors;

/// <summary>
/// Attention keys and values of one sequence, head by head: values as rows [capacity, headSize]; keys in the panels of <see cref="PackedMatrix"/>
/// ([headSize, panel width], a key a column), so that scores are a matrix product like any other.
/// </summary>
public sealed unsafe class KeyValueCache : IDisposable
{
    private readonly int _elementBytes;
    private nint _keyBytesPerHead;
    private nint _valueBytesPerHead;
    private byte* _keys;
    private byte* _values;
    private int _reserved;
    private bool _disposed;

    /// <param name="capacity">The most positions it will hold; memory is taken as they come, and kept.</param>
    /// <param name="half">Store IEEE halves: decoding reads all of a cache for every token, so half the bytes is nearly twice the speed.</param>
    public KeyValueCache(CpuDevice device, int heads, int headSize, int capacity, bool half = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        PanelWidth = device.Kernels.PanelWidth;
        if (headSize <= 0 || headSize % PanelWidth != 0)
            throw new ArgumentException($"A head size of {headSize} is not a multiple of {PanelWidth}.", nameof(headSize));
        Heads = heads;
        HeadSize = headSize;
        Capacity = capacity;
        IsHalf = half;
        _elementBytes = half ? sizeof(ushort) : sizeof(float);
    }

    ~KeyValueCache() => Free();

    public int Heads { get; }

    public int HeadSize { get; }

    public int Capacity { get; }

    public bool IsHalf { get; }

    /// <summary>Positions held.</summary>
    public int Count { get; private set; }

    /// <summary>Memory taken so far.</summary>
    public long SizeInBytes => Heads * (long)(_keyBytesPerHead + _valueBytesPerHead);

    /// <summary>Memory when full.</summary>
    public long MaximumBytes => Heads * (long)(KeyBytes(Capacity) + ValueBytes(Capacity));

    internal int PanelWidth { get; }

    internal int PaddedCount => Panels(Count) * PanelWidth;

    /// <summary>Forgets all positions.</summary>
    public void Clear() => Count = 0;

    /// <summary>Becomes equal to <paramref name="other"/>, a cache of the same shape.</summary>
    public void CopyFrom(KeyValueCache other)
    {
        if (other.Heads != Heads || other.HeadSize != HeadSize || other.Capacity != Capacity || other.IsHalf != IsHalf)
            throw new ArgumentException("Only a cache of the same shape can be copied.", nameof(other));
        Clear();
        Grow(other.Count);
        for (var head = 0; head < Heads; head++)
        {
            NativeMemory.Copy(other.Keys(head), Keys(head), (nuint)KeyBytes(Count));
            NativeMemory.Copy(other.Values(head), Values(head), (nuint)ValueBytes(Count));
        }
    }

    public void Dispose()
    {
        Free();
        _disposed = true;
        GC.SuppressFinalize(this);
    }

    internal int Panels(int positions) => (positions + PanelWidth - 1) / PanelWidth;

    internal byte* Keys(int head) => _keys + (head * _keyBytesPerHead);

    internal byte* Values(int head) => _values + (head * _valueBytesPerHead);

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

    private nint KeyBytes(int positions) => (nint)Panels(positions) * PanelWidth * HeadSize * _elementBytes;

    private nint ValueBytes(int positions) => (nint)positions * HeadSize * _elementBytes;

    /// <summary>Takes memory for so many positions, and moves those held there.</summary>
    private void Reserve(int positions)
    {
        positions = Math.Min(Capacity, Panels(positions) * PanelWidth);
        var (keyBytes, valueBytes) = (KeyBytes(positions), ValueBytes(positions));
        var keys = Allocate(Heads * keyBytes);
        var values = Allocate(Heads * valueBytes);
        for (var head = 0; head < Heads && Count > 0; head++)
        {
            NativeMemory.Copy(Keys(head), keys + (head * keyBytes), (nuint)KeyBytes(Count));
            NativeMemory.Copy(Values(head), values + (head * valueBytes), (nuint)ValueBytes(Count));
        }

        Free();
        _keys = keys;
        _values = values;
        _keyBytesPerHead = keyBytes;
        _valueBytesPerHead = valueBytes;
        _reserved = positions;
        GC.AddMemoryPressure(SizeInBytes);
    }

    private static byte* Allocate(nint bytes)
    {
        var memory = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 64);

        // Scores of a panel's unused columns are computed, then passed over; they must only not be slow (denormal) or trap.
        NativeMemory.Clear(memory, (nuint)bytes);
        return memory;
    }

    private void Free()
    {
        if (_keys is null)
            return;
        NativeMemory.AlignedFree(_keys);
        NativeMemory.AlignedFree(_values);
        GC.RemoveMemoryPressure(SizeInBytes);
        _keys = _values = null;
    }
}
