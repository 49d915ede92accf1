using System.Buffers;
using Speech.Audio.Ogg;

namespace Speech.Audio.Opus;

/// <summary>
/// The packets of one Opus track of a container, Ogg or WebM, to 16 kHz mono: the pre-skip is dropped, the header's gain applied, and what
/// is missing is concealed. One after another track may be begun. Not thread-safe.
/// </summary>
internal sealed class OpusTrack : IDisposable
{
    public const int SamplesPer48k = 48_000 / AudioRate.Model;

    private const int FrameSamples = AudioRate.Model / 50;

    /// <summary>Opus conceals multiples of 2.5 ms.</summary>
    private const int ConcealedUnit = AudioRate.Model / 400;

    private readonly OpusDecoder _decoder = new();
    private OpusSurroundDecoder? _surround;
    private int _skip;
    private long _earlierDecoded;
    private long _earlierCorrupt;

    /// <summary>The header of the track being decoded.</summary>
    public OpusHead? Head { get; private set; }

    public long DecodedPackets => _decoder.DecodedPackets + _earlierDecoded + (_surround?.DecodedPackets ?? 0);

    /// <summary>Packets that were not valid Opus and were concealed.</summary>
    public long CorruptPackets => _decoder.CorruptPackets + _earlierCorrupt + (_surround?.CorruptPackets ?? 0);

    /// <inheritdoc cref="OpusDecoder.HasCancelled"/>
    public bool HasCancelled => _decoder.HasCancelled;

    public void Begin(OpusHead head)
    {
        Head = head;
        _earlierDecoded += _surround?.DecodedPackets ?? 0;
        _earlierCorrupt += _surround?.CorruptPackets ?? 0;
        _surround?.Dispose();
        _surround = head.Mapping is { IsPlain: false } mapping ? new OpusSurroundDecoder(mapping, head.Gain) : null;
        _decoder.Reset(head.Gain, head.Channels);
        _skip = (head.PreSkip48k + SamplesPer48k / 2) / SamplesPer48k;
    }

    /// <summary>Decodes a packet; an empty one was lost.</summary>
    /// <param name="most48k">How much of it counts, at 48 kHz; the rest is padding.</param>
    /// <returns>How long the packet is, at 48 kHz.</returns>
    public int Decode(ReadOnlySpan<byte> packet, IBufferWriter<float> output, long most48k = long.MaxValue)
    {
        var pcm = output.GetSpan(_decoder.MaxSamples);
        var samples = _surround?.Decode(packet, pcm) ?? _decoder.Decode(packet, pcm).Samples;
        Write(pcm, most48k == long.MaxValue ? samples : (int)Math.Min(samples, (most48k + SamplesPer48k / 2) / SamplesPer48k), output);
        return samples * SamplesPer48k;
    }

    /// <summary>Lets time pass of which there is no packet.</summary>
    public void Conceal(int samples48k, IBufferWriter<float> output)
    {
        for (var left = samples48k / SamplesPer48k; left > 0;)
        {
            var pcm = output.GetSpan(FrameSamples);
            var count = Math.Min(left, FrameSamples);
            var whole = pcm[..(count - count % ConcealedUnit)];
            if (!whole.IsEmpty && _surround is not null)
                _surround.Conceal(whole);
            else if (!whole.IsEmpty)
                _decoder.Conceal(whole);
            pcm[whole.Length..count].Clear();
            Write(pcm, count, output);
            left -= count;
        }
    }

    public void Dispose()
    {
        _decoder.Dispose();
        _surround?.Dispose();
    }

    private void Write(Span<float> pcm, int count, IBufferWriter<float> output)
    {
        var skipped = Math.Min(_skip, count);
        _skip -= skipped;
        pcm[skipped..count].CopyTo(pcm);
        output.Advance(count - skipped);
    }
}
