using System.Buffers;

namespace Speech.Gateway.Audio;

/// <summary>
/// Decoded samples on their way into windows of 512. A decoder writes at the end, windows are taken from the front in place, and what
/// does not fill a window waits for the next message. The array is from the shared pool; one that a large message needed is given back
/// with that message, since hundreds of sessions keep a buffer each.
/// </summary>
internal sealed class SampleBuffer : IBufferWriter<float>, IDisposable
{
    private const int SmallestArray = 4 * 1024;
    private const int LargestKept = 16 * 1024;

    private float[] _samples = ArrayPool<float>.Shared.Rent(SmallestArray);
    private int _start;
    private int _end;

    public int Count => _end - _start;

    /// <summary>The next samples, to be worked on until the next write.</summary>
    public ReadOnlySpan<float> Take(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count);
        var taken = _samples.AsSpan(_start, count);
        _start += count;
        return taken;
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _samples.Length - _end);
        _end += count;
    }

    public Memory<float> GetMemory(int sizeHint = 0)
    {
        MakeRoom(Math.Max(sizeHint, 1));
        return _samples.AsMemory(_end);
    }

    public Span<float> GetSpan(int sizeHint = 0)
    {
        MakeRoom(Math.Max(sizeHint, 1));
        return _samples.AsSpan(_end);
    }

    /// <summary>After a message: moves what is left to the front, where the next one finds room.</summary>
    public void Compact()
    {
        if (_samples.Length > LargestKept && Count <= SmallestArray)
            MoveTo(ArrayPool<float>.Shared.Rent(SmallestArray));
        else
            MoveTo(_samples);
    }

    public void Dispose()
    {
        ArrayPool<float>.Shared.Return(_samples);
        _samples = [];
        _start = _end = 0;
    }

    private void MakeRoom(int count)
    {
        if (_samples.Length - _end < count)
            MoveTo(_samples.Length - Count >= count
                ? _samples : ArrayPool<float>.Shared.Rent(Math.Max(Count + count, 2 * _samples.Length)));
    }

    private void MoveTo(float[] array)
    {
        _samples.AsSpan(_start, Count).CopyTo(array);
        if (array != _samples)
            ArrayPool<float>.Shared.Return(_samples);
        (_samples, _start, _end) = (array, 0, Count);
    }
}
