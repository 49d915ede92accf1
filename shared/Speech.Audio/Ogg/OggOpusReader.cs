using System.Buffers;
using Speech.Audio.Opus;
using Speech.Audio.Streams;

namespace Speech.Audio.Ogg;

/// <summary>
/// Decodes an Ogg Opus byte stream (RFC 7845), live or from a file, to 16 kHz mono: the pre-skip is dropped, the header's gain
/// applied. Granule positions matter only on the last page, where they say how much of the end is padding, and even
/// there only if they agreed with the packets' durations so far: some live senders count them in other units.
/// </summary>
public sealed class OggOpusReader : IDisposable
{
    /// <summary>A stream in which no Opus header was found by then is something else.</summary>
    private const int MaxBytesBeforeHead = 512 * 1024;

    private const int SamplesPer48k = 48_000 / AudioRate.Model;

    private readonly OggPacketReader _packets = new();
    private readonly OpusDecoder _decoder = new();
    private long _bytes;
    private int _packetIndex;
    private int _skip;

    // Position in the terms of granules, at 48 kHz, after the last packet.
    private long _position;
    private bool _positionKnown;
    private bool _granulesAgree;
    private bool _firstAudioPage;

    /// <summary>The stream's header, once it has been read.</summary>
    public OpusHead? Head { get; private set; }

    /// <summary>Packets that were not valid Opus and were concealed.</summary>
    public long CorruptPackets => _decoder.CorruptPackets;

    /// <summary>What was found wrong with the audio so far, though it is heard.</summary>
    public AudioFault Faults => _decoder.HasCancelled ? AudioFault.ChannelsCancel : AudioFault.None;

    public long DecodedPackets => _decoder.DecodedPackets;

    /// <summary>Pages refused for their checksum.</summary>
    public long CorruptPages => _packets.CorruptPages;

    /// <summary>Places where pages were missing.</summary>
    public long Gaps => _packets.Gaps;

    /// <summary>Bytes that were no Ogg.</summary>
    public long SkippedBytes => _packets.SkippedBytes;

    /// <summary>Whether the last Opus stream so far has come to the page that is marked as its end.</summary>
    public bool HasEnded => _packets.HasEnded;

    /// <summary>Decodes what has arrived, in pieces of any size.</summary>
    /// <param name="output">Takes 16 kHz mono samples in [-1, 1].</param>
    /// <exception cref="AudioFormatException">Not Ogg Opus, or of an unsupported kind.</exception>
    public void Read(ReadOnlySpan<byte> bytes, IBufferWriter<float> output)
    {
        while (_packets.TryRead(bytes, out var consumed, out var packet))
        {
            _bytes += consumed;
            bytes = bytes[consumed..];
            Handle(packet, output);
        }
        _bytes += bytes.Length;
        if (Head is null && _bytes > MaxBytesBeforeHead)
            throw new AudioFormatException($"No Ogg Opus header in the first {MaxBytesBeforeHead / 1024} KiB: this is not an Ogg Opus stream.");
    }

    public void Dispose() => _decoder.Dispose();

    private void Handle(OggPacket packet, IBufferWriter<float> output)
    {
        if (packet.BeginsStream)
        {
            var head = OpusHead.Parse(packet.Data.Span);
            Head = head;
            _decoder.Reset(head.Gain, head.Channels);
            _skip = (head.PreSkip48k + SamplesPer48k / 2) / SamplesPer48k;
            _packetIndex = 0;
            _position = 0;
            _positionKnown = _granulesAgree = _firstAudioPage = true;
        }
        else if (_packetIndex != 1 || !packet.Data.Span.StartsWith(OpusHead.TagsMagic))
        {
            Decode(packet, output);
        }
        _packetIndex++;
    }

    private void Decode(OggPacket packet, IBufferWriter<float> output)
    {
        if (packet.FollowsGap)
            _positionKnown = false;
        var pcm = output.GetSpan(_decoder.MaxSamples);
        var samples = _decoder.Decode(packet.IsTruncated ? [] : packet.Data.Span, pcm).Samples;
        var keep = samples;
        if (packet.IsOnLastPage && _positionKnown && _granulesAgree && packet.PageGranule >= 0)
        {
            var left = Math.Max(0, packet.PageGranule - _position);
            keep = (int)Math.Min(samples, (left + SamplesPer48k / 2) / SamplesPer48k);
        }
        Follow(packet, samples * SamplesPer48k);

        var skipped = Math.Min(_skip, keep);
        _skip -= skipped;
        pcm[skipped..keep].CopyTo(pcm);
        output.Advance(keep - skipped);
    }

    /// <summary>Keeps count of the position, and of whether the pages' granules tell the same.</summary>
    private void Follow(OggPacket packet, int samples48k)
    {
        _position += samples48k;
        if (!packet.IsLastOnPage || packet.PageGranule < 0)
            return;
        // A recording that began in the middle of a broadcast starts with a large granule; behind a gap only the granule knows.
        var mayJump = !_positionKnown || (_firstAudioPage && packet.PageGranule > _position);
        if (_position != packet.PageGranule && !mayJump)
            _granulesAgree = false;
        _position = packet.PageGranule;
        _positionKnown = true;
        _firstAudioPage = false;
    }
}
