using System.Runtime.InteropServices;

namespace Speech.Tensors;

/// <summary>
/// One part of a <see cref="KeyValueCache"/>: for each head so many bytes a position, position after position, in memory that grows.
/// </summary>
internal sealed unsafe class HeadPlane(int heads, int bytesPerPosition) : IDisposable
{
    private const nint Alignment = 64;
    private byte* _data;
    private void* _memory;
    private nint _bytesPerHead;

    ~HeadPlane() => Free();

    public int BytesPerPosition => bytesPerPosition;

    public long SizeInBytes => heads * (long)_bytesPerHead;

    public byte* Head(int head) => _data + (head * _bytesPerHead);

    /// <summary>Takes memory for so many positions, and moves those held there.</summary>
    public void Reserve(int positions, int held)
    {
        var bytesPerHead = (nint)positions * bytesPerPosition;
        if (bytesPerHead <= _bytesPerHead)
            return;
        var bytes = (nuint)(heads * bytesPerHead);

        // Zeros: scores of a panel's unused columns are computed, then passed over; they must only not be slow (denormal) or trap.
        var memory = NativeMemory.AllocZeroed(bytes + (nuint)Alignment);
        var data = (byte*)(((nint)memory + Alignment - 1) & -Alignment);
        for (var head = 0; head < heads && held > 0; head++)
            NativeMemory.Copy(Head(head), data + (head * bytesPerHead), (nuint)held * (nuint)bytesPerPosition);
        Free();
        _memory = memory;
        _data = data;
        _bytesPerHead = bytesPerHead;
        GC.AddMemoryPressure(SizeInBytes);
    }

    /// <summary>Copies positions of a plane of the same shape; there must be room.</summary>
    public void CopyFrom(HeadPlane other, int positions)
    {
        for (var head = 0; head < heads && positions > 0; head++)
            NativeMemory.Copy(other.Head(head), Head(head), (nuint)positions * (nuint)bytesPerPosition);
    }

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
        GC.RemoveMemoryPressure(SizeInBytes);
        _data = null;
        _bytesPerHead = 0;
    }
}
