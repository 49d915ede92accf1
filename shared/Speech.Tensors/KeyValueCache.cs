using System.Runtime.InteropServices;
using Speech.Tensors.Cpu;

namespace Speech.Tensors;

/// <summary>
/// Attention keys and values of one sequence, head by head: values as rows [capacity, headSize]; keys in the panels of <see cref="PackedMatrix"/>
/// ([headSize, panel width], a key a column), so that scores are a matrix product like any other.
/// </summary>
public sealed unsafe class KeyValueCache : IDisposable
{
    private readonly nint _keyBytesPerHead;
    private readonly nint _valueBytesPerHead;
    private byte* _keys;
    private byte* _values;

    /// <param name="capacity">The most positions it will hold; memory is taken at once.</param>
    /// <param name="half">Store IEEE halves: decoding reads all of a cache for every token, so half the bytes is nearly twice the speed.</param>
    public KeyValueCache(CpuDevice device, int heads, int headSize, int capacity, bool half = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        PanelWidth = device.Kernels.PanelWidth;
        if (headSize <= 0 || headSize % 64 != 0)
            throw new ArgumentException($"A head size of {headSize} is not a multiple of 64.", nameof(headSize));
        Heads = heads;
        HeadSize = headSize;
        Capacity = capacity;
        IsHalf = half;
        var elementBytes = half ? sizeof(ushort) : sizeof(float);
        _keyBytesPerHead = (nint)Panels(capacity) * PanelWidth * headSize * elementBytes;
        _valueBytesPerHead = (nint)capacity * headSize * elementBytes;
        _keys = Allocate(heads * _keyBytesPerHead);
        _values = Allocate(heads * _valueBytesPerHead);
        GC.AddMemoryPressure(SizeInBytes);
    }

    ~KeyValueCache() => Free();

    public int Heads { get; }

    public int HeadSize { get; }

    public int Capacity { get; }

    public bool IsHalf { get; }

    /// <summary>Positions held.</summary>
    public int Count { get; private set; }

    public long SizeInBytes => Heads * (long)(_keyBytesPerHead + _valueBytesPerHead);

    internal int PanelWidth { get; }

    internal int PaddedCount => Panels(Count) * PanelWidth;

    /// <summary>Forgets all positions.</summary>
    public void Clear() => Count = 0;

    /// <summary>Becomes equal to <paramref name="other"/>, a cache of the same shape.</summary>
    public void CopyFrom(KeyValueCache other)
    {
        if (other.Heads != Heads || other.HeadSize != HeadSize || other.Capacity != Capacity || other.IsHalf != IsHalf)
            throw new ArgumentException("Only a cache of the same shape can be copied.", nameof(other));
        Count = other.Count;
        var elementBytes = IsHalf ? sizeof(ushort) : sizeof(float);
        for (var head = 0; head < Heads; head++)
        {
            NativeMemory.Copy(other.Keys(head), Keys(head), (nuint)(PaddedCount * HeadSize * elementBytes));
            NativeMemory.Copy(other.Values(head), Values(head), (nuint)(Count * HeadSize * elementBytes));
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    internal int Panels(int positions) => (positions + PanelWidth - 1) / PanelWidth;

    internal byte* Keys(int head) => _keys + (head * _keyBytesPerHead);

    internal byte* Values(int head) => _values + (head * _valueBytesPerHead);

    /// <summary>Makes room for more positions and returns the first of them.</summary>
    internal int Grow(int positions)
    {
        ObjectDisposedException.ThrowIf(_keys is null, this);
        if (Count + positions > Capacity)
            throw new InvalidOperationException($"The cache holds {Count} of {Capacity} positions; {positions} more do not fit.");
        Count += positions;
        return Count - positions;
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
