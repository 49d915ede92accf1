using System.Buffers;
using Speech.Audio.Opus;
using Speech.Audio.Streams;

namespace Speech.Audio.Ogg;

/// <summary>
/// Decodes an Ogg Opus byte stream (RFC 7845), live or from a file, to 16 kHz mono: the pre-skip is dropped, the header's gain
/// applied. Granule positions are believed: time for which there are no packets, since pages were lost or a sender left silence out, is
/// concealed, and on the last page they say how much of the end is padding. They are not as long as they go back (some live senders count
/// in other units) or are ahead by more than <see cref="OpusTimeline.MaxGap48k"/>. A stream joined late begins where it was joined.
/// </summary>
public sealed class OggOpusReader : IOpusContainer
{
    /// <summary>A stream in which no Opus header was found by then is something else.</summary>
    private const int MaxBytesBeforeHead = 512 * 1024;

    /// <summary>2.5 ms, the shortest frame: senders that remux round.</summary>
    private const int Tolerance48k = 120;

    /// <summary>
    /// No page is longer than a second, as a rule. A first page that ends within it misses packets; one that ends later was not the first.
    /// </summary>
    private const int LongestPage48k = 48_000;

    private readonly OggPacketReader _packets = new();
    private readonly OpusTrack _track = new();
    private readonly OpusTimeline _timeline = new(Tolerance48k);
    private readonly PacketQueue _page = new();
    private long _bytes;
    private int _packetIndex;
    private bool _firstAudioPage;
    private bool _followsGap;
    private bool _wasInactive;
    private int _lastSamples48k = 960;

    /// <summary>The stream's header, once it has been read.</summary>
    public OpusHead? Head => _track.Head;

    /// <summary>Packets that were not valid Opus and were concealed.</summary>
    public long CorruptPackets => _track.CorruptPackets;

    public long DecodedPackets => _track.DecodedPackets;

    /// <summary>What was found wrong with the audio so far, though it is heard.</summary>
    public AudioFault Faults => _track.HasCancelled ? AudioFault.ChannelsCancel : AudioFault.None;

    /// <summary>Pages refused for their checksum.</summary>
    public long CorruptPages => _packets.CorruptPages;

    /// <summary>Places where pages were missing.</summary>
    public long Gaps => _packets.Gaps;

    /// <summary>Places where the granules are ahead by more than a minute; nothing stands there for what may be missing.</summary>
    public long Jumps => _timeline.Jumps;

    /// <summary>Bytes that were no Ogg.</summary>
    public long SkippedBytes => _packets.SkippedBytes;

    /// <summary>Whether the last Opus stream so far has come to the page that is marked as its end.</summary>
    public bool HasEnded => _packets.HasEnded;

    long IOpusContainer.DamagedParts => CorruptPackets + CorruptPages + Gaps + Jumps;

    IEnumerable<string> IOpusContainer.Damage(bool ended)
    {
        if (CorruptPages > 0 || SkippedBytes > 0)
            yield return $"{SkippedBytes} bytes were no valid Ogg and were skipped";
        if (Gaps > 0)
            yield return $"pages are missing in {Gaps} places";
        if (_timeline.DescribeJumps() is { } jumps)
            yield return jumps;
        if (CorruptPackets > 0)
            yield return $"{CorruptPackets} Opus packets were corrupt and concealed";
        if (ended && !HasEnded)
            yield return "the file is truncated: it stops before the page that ends an Ogg stream";
    }

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
            throw new AudioFormatException(
                $"No Ogg Opus header in the first {MaxBytesBeforeHead / 1024} KiB: this is not an Ogg Opus stream.");
    }

    /// <summary>At the end of the stream.</summary>
    /// <exception cref="AudioFormatException">All that came was no Ogg Opus.</exception>
    public void Complete()
    {
        if (Head is null && _bytes > 0)
            throw new AudioFormatException($"None of the {_bytes} bytes is Ogg Opus: there is no page with an OpusHead.");
    }

    public void Dispose() => _track.Dispose();

    private void Handle(OggPacket packet, IBufferWriter<float> output)
    {
        if (packet.BeginsStream)
        {
            _track.Begin(OpusHead.Parse(packet.Data.Span));
            _page.Clear();
            _packetIndex = 0;
            _firstAudioPage = true;
            _followsGap = _wasInactive = false;
            _timeline.Restart(0, isTrusted: true);
        }
        else if (_packetIndex != 1 || !packet.Data.Span.StartsWith(OpusHead.TagsMagic))
        {
            // Only the whole page tells whether something is missing.
            _followsGap |= packet.FollowsGap;
            _page.Add(packet.IsTruncated ? [] : packet.Data.Span);
            if (packet.IsLastOnPage)
                DecodePage(packet.PageGranule, packet.IsOnLastPage, output);
        }
        _packetIndex++;
    }

    private void DecodePage(long granule, bool isLast, IBufferWriter<float> output)
    {
        var length = 0;
        for (var i = 0; i < _page.Count; i++)
            length += Samples48k(_page[i]);
        var most = long.MaxValue;
        var gap = granule < 0 ? 0 : Compare(granule, length, isLast, ref most);
        var places = gap > 0 ? CountPlaces() : 0;

        if (gap > 0 && IsPlace(-1, places))
            Conceal(ref gap, ref places, output);
        for (var i = 0; i < _page.Count; i++)
        {
            var samples = _track.Decode(_page[i], output, most);
            _timeline.Advance(samples);
            if (most != long.MaxValue)
                most = Math.Max(0, most - samples);
            _lastSamples48k = samples;
            if (gap > 0 && IsPlace(i, places))
                Conceal(ref gap, ref places, output);
        }
        if (_page.Count > 0)
            _wasInactive = OpusPacket.IsInactive(_page[_page.Count - 1]);
        _page.Clear();
        if (granule >= 0)
            _firstAudioPage = _followsGap = false;
    }

    /// <summary>What the page's granule says about what is missing on it or before it.</summary>
    /// <param name="most">How much of it counts, if it is the last.</param>
    private int Compare(long granule, int length, bool isLast, ref long most)
    {
        if (_firstAudioPage && granule - length is var first && (first < 0 ? !isLast : granule > LongestPage48k))
            _timeline.Restart(first, isTrusted: first >= 0);
        if (!isLast || granule >= _timeline.Position + length)
            return _timeline.GapBefore(granule - length);
        if (_timeline.IsTrusted && granule >= _timeline.Position)
            most = granule - _timeline.Position;
        return 0;
    }

    private void Conceal(ref int gap, ref int places, IBufferWriter<float> output)
    {
        // Evenly over all places, in whole frames.
        var part = places <= 1 ? gap : Math.Min(gap, (gap / places + 959) / 960 * 960);
        _track.Conceal(part, output);
        gap -= part;
        places--;
    }

    /// <summary>
    /// Which of its packets a page misses, nothing says, but an encoder leaves some out only behind those in which nobody speaks. If there
    /// are none, or pages were lost, what is missing is taken to be before the page's first.
    /// </summary>
    private int CountPlaces()
    {
        if (_followsGap)
            return 0;
        var places = _wasInactive ? 1 : 0;
        for (var i = 0; i < _page.Count; i++)
            places += OpusPacket.IsInactive(_page[i]) ? 1 : 0;
        return places;
    }

    /// <param name="index">Of the packet before the place; -1: the one before the page.</param>
    private bool IsPlace(int index, int places) =>
        places == 0 ? index < 0 : index < 0 ? _wasInactive : OpusPacket.IsInactive(_page[index]);

    private int Samples48k(ReadOnlySpan<byte> packet) =>
        OpusPacket.ReadSamples48k(packet) is var samples and > 0 ? samples : _lastSamples48k;
}
