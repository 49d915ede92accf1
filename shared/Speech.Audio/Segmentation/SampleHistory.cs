using System.Buffers;

namespace Speech.Audio.Segmentation;

/// <summary>
/// The last stretch of a stream, addressed by position in the whole stream. Samples lie in one piece, so that a segment is
/// a slice; old ones are only marked as gone, and room is made by moving the rest to the front when the array is full.
/// The array comes from the shared pool and grows with the segment, since most clients are silent most of the time.
/// </summary>
internal sealed class SampleHistory(long start) : IDisposable
{
    private const int SmallestArray = 16 * 1024;

    private float[] _samples = [];
    private int _offset;
    private int _length;

    /// <summary>Position of the first sample still here.</summary>
    public long Start { get; private set; } = start;

    public long End => Start + _length;

    public void Append(ReadOnlySpan<float> samples)
    {
        if (_offset + _length + samples.Length > _samples.Length)
            MakeRoom(samples.Length);
        samples.CopyTo(_samples.AsSpan(_offset + _length));
        _length += samples.Length;
    }

    public void DiscardBefore(long position)
    {
        var count = (int)Math.Clamp(position - Start, 0, _length);
        Start += count;
        _offset += count;
        _length -= count;
    }

    public ReadOnlyMemory<float> Slice(long start, long end) =>
        _samples.AsMemory(_offset + (int)(start - Start), (int)(end - start));

    public void Dispose()
    {
        if (_samples.Length > 0)
            ArrayPool<float>.Shared.Return(_samples);
        _samples = [];
        Start = End;
        _offset = _length = 0;
    }

    private void MakeRoom(int count)
    {
        var kept = _samples.AsSpan(_offset, _length);
        var wanted = Math.Max(SmallestArray, 2 * (_length + count));
        // Stay with the array unless it is too small, or far too large since a long segment ended.
        if (wanted <= 2 * _samples.Length && wanted * 8 > _samples.Length)
        {
            kept.CopyTo(_samples);
        }
        else
        {
            var larger = ArrayPool<float>.Shared.Rent(wanted);
            kept.CopyTo(larger);
            if (_samples.Length > 0)
                ArrayPool<float>.Shared.Return(_samples);
            _samples = larger;
        }
        _offset = 0;
    }
}
