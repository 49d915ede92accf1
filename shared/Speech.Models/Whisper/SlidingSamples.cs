namespace Speech.Models.Whisper;

/// <summary>A stretch of a recording that moves towards its end: only as much is held as is looked at.</summary>
/// <param name="reader">Stays the caller's.</param>
/// <param name="capacity">Samples of the longest stretch.</param>
internal sealed class SlidingSamples(ISampleReader reader, int capacity)
{
    private readonly float[] _held = new float[capacity];
    private int _count;

    /// <summary>Where the stretch begins in the recording.</summary>
    public long Start { get; private set; }

    /// <summary>Where what has been read ends; after the end of the recording, how long it is.</summary>
    public long End => Start + _count;

    public bool HasEnded { get; private set; }

    /// <summary>The stretch from a sample on, shorter only where the recording ends.</summary>
    /// <param name="start">Not before the last stretch's.</param>
    /// <param name="length">At most the capacity.</param>
    public ReadOnlySpan<float> MoveTo(long start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(start, Start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _held.Length);
        while (start > End && !HasEnded)
        {
            Start = End;
            _count = 0;
            Fill((int)Math.Min(start - Start, _held.Length));
        }

        var gone = (int)Math.Min(start - Start, _count);
        _held.AsSpan(gone, _count - gone).CopyTo(_held);
        Start += gone;
        _count -= gone;
        Fill(length);
        return _held.AsSpan(0, Math.Min(length, _count));
    }

    private void Fill(int count)
    {
        while (_count < count && !HasEnded)
        {
            var read = reader.Read(_held.AsSpan(_count, count - _count));
            _count += read;
            HasEnded = read == 0;
        }
    }
}
