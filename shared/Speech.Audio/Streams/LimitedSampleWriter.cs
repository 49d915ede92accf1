using System.Buffers;

namespace Speech.Audio.Streams;

/// <summary>Passes samples on until there are too many.</summary>
/// <param name="exceeded">What to say then.</param>
internal sealed class LimitedSampleWriter(long maxSamples, string exceeded) : IBufferWriter<float>
{
    private IBufferWriter<float>? _inner;
    private long _written;

    /// <summary>Begins to count anew.</summary>
    public LimitedSampleWriter Over(IBufferWriter<float> inner)
    {
        _inner = inner;
        _written = 0;
        return this;
    }

    public void Advance(int count)
    {
        _written += count;
        if (_written > maxSamples)
            throw new AudioFormatException(exceeded);
        _inner!.Advance(count);
    }

    public Memory<float> GetMemory(int sizeHint = 0) => _inner!.GetMemory(sizeHint);

    public Span<float> GetSpan(int sizeHint = 0) => _inner!.GetSpan(sizeHint);
}
