using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Speech.Audio.Ogg;
using Speech.Audio.Opus;
using Speech.Audio.Streams;

namespace Speech.Audio.WebM;

/// <summary>
/// Decodes the first Opus track of a WebM or Matroska stream (RFC 9559), live as browsers' MediaRecorder sends it or from a file, to 16 kHz
/// mono. The header comes once, at the beginning, and everything may have an unknown size. Blocks tell when they begin, to the millisecond
/// or so: time for which there are none is concealed, as in <see cref="OggOpusReader"/>.
/// </summary>
public sealed class WebMOpusReader : IOpusContainer
{
    private const uint Ebml = 0x1A45DFA3, DocType = 0x4282, Segment = 0x18538067, Info = 0x1549A966, TimestampScale = 0x2AD7B1;
    private const uint Tracks = 0x1654AE6B, TrackEntry = 0xAE, TrackNumber = 0xD7, TrackType = 0x83, CodecId = 0x86, CodecPrivate = 0x63A2;
    private const uint ContentEncodings = 0x6D80, Cluster = 0x1F43B675, Timestamp = 0xE7, SimpleBlock = 0xA3, BlockGroup = 0xA0,
    Block = 0xA1;

    /// <summary>Browsers' clocks are not exact: 40 ms.</summary>
    private const int Tolerance48k = 1920;

    private const int Audio = 2;

    private readonly EbmlReader _elements = new(KindOf);
    private readonly OpusTrack _track = new();
    private readonly OpusTimeline _timeline = new(Tolerance48k);
    private readonly int[] _lacing = new int[256];
    private long _bytes;
    private bool _began;
    private ulong _scale = 1_000_000;
    private ulong _clusterTime;

    // The entry being read, and what is known of all of them.
    private Entry _entry;
    private string? _otherAudio;
    private ulong? _wantedTrack;
    private bool _isFirstBlock = true;
    private long _damagedBlocks;

    /// <summary>The track's header, once it has been read.</summary>
    public OpusHead? Head => _track.Head;

    /// <summary>Packets and blocks that were not valid and were concealed or passed over.</summary>
    public long CorruptPackets => _track.CorruptPackets + _damagedBlocks + _elements.TooLong;

    public long DecodedPackets => _track.DecodedPackets;

    /// <summary>What was found wrong with the audio so far, though it is heard.</summary>
    public AudioFault Faults => _track.HasCancelled ? AudioFault.ChannelsCancel : AudioFault.None;

    /// <summary>Places where the clock is ahead by more than a minute; nothing stands there for what may be missing.</summary>
    public long Jumps => _timeline.Jumps;

    long IOpusContainer.DamagedParts => CorruptPackets + Jumps;

    IEnumerable<string> IOpusContainer.Damage(bool ended)
    {
        if (_timeline.DescribeJumps() is { } jumps)
            yield return jumps;
        if (CorruptPackets > 0)
            yield return $"{CorruptPackets} Opus packets were corrupt and concealed";
    }

    /// <summary>Decodes what has arrived, in pieces of any size.</summary>
    /// <param name="output">Takes 16 kHz mono samples in [-1, 1].</param>
    /// <exception cref="AudioFormatException">Not WebM, damaged beyond repair, or without Opus.</exception>
    public void Read(ReadOnlySpan<byte> bytes, IBufferWriter<float> output)
    {
        while (_elements.TryRead(bytes, out var consumed, out var id, out var data))
        {
            _bytes += consumed;
            bytes = bytes[consumed..];
            Handle(id, data, output);
        }
        _bytes += bytes.Length;
    }

    /// <summary>At the end of the stream.</summary>
    /// <exception cref="AudioFormatException">There was no Opus in it.</exception>
    public void Complete()
    {
        if (_wantedTrack is null && _bytes > 0)
            ChooseTrack();
    }

    public void Dispose() => _track.Dispose();

    private static EbmlKind KindOf(uint id) => id switch
    {
        Ebml or Segment or Info or Tracks or TrackEntry or Cluster or BlockGroup => EbmlKind.Holder,
        DocType or TimestampScale or TrackNumber or TrackType or CodecId or CodecPrivate or ContentEncodings or Timestamp or SimpleBlock or Block => EbmlKind.Wanted,
        _ => EbmlKind.Other,
    };

    private void Handle(uint id, ReadOnlySpan<byte> data, IBufferWriter<float> output)
    {
        if (!_began && id != Ebml)
            throw new AudioFormatException("The WebM stream's beginning is missing: its first chunk, with the header, must come first.");
        switch (id)
        {
            case Ebml:
                // A recorder that was started anew, too.
                _began = true;
                _wantedTrack = null;
                _otherAudio = null;
                _entry = default;
                _scale = 1_000_000;
                break;
            case DocType when !data.SequenceEqual("webm"u8) && !data.SequenceEqual("matroska"u8):
                throw new AudioFormatException("This is EBML, but neither WebM nor Matroska.");
            case TimestampScale when data.Length is > 0 and <= 8:
                _scale = Math.Clamp(EbmlReader.ReadNumber(data), 1, 1_000_000_000);
                break;
            case TrackEntry:
                EndEntry();
                break;
            case TrackNumber when data.Length <= 8:
                _entry = _entry with { Number = EbmlReader.ReadNumber(data) };
                break;
            case TrackType when data.Length <= 8:
                _entry = _entry with { Type = EbmlReader.ReadNumber(data) };
                break;
            case CodecId:
                _entry = _entry with { Codec = Encoding.ASCII.GetString(data[..Math.Min(data.Length, 32)]) };
                break;
            case CodecPrivate:
                _entry = _entry with { Private = data.ToArray() };
                break;
            case ContentEncodings:
                _entry = _entry with { IsEncoded = true };
                break;
            case Cluster when _wantedTrack is null:
                ChooseTrack();
                break;
            case Timestamp when data.Length <= 8:
                _clusterTime = EbmlReader.ReadNumber(data);
                break;
            case SimpleBlock or Block:
                ReadBlock(data, output);
                break;
        }
    }

    private void EndEntry()
    {
        var entry = _entry;
        _entry = default;
        if (entry.Type != Audio || _wantedTrack is not null)
            return;
        if (entry.Codec != "A_OPUS" || entry.IsEncoded)
        {
            _otherAudio ??= entry.IsEncoded ? "encrypted or compressed" : NameOf(entry.Codec);
            return;
        }
        if (entry.Private is null)
            throw new AudioFormatException("The WebM stream's Opus track has no header (CodecPrivate).");
        _track.Begin(OpusHead.Parse(entry.Private));
        _wantedTrack = entry.Number;
        _isFirstBlock = true;
    }

    private void ChooseTrack()
    {
        EndEntry();
        if (_wantedTrack is null)
        {
            throw new AudioFormatException(_otherAudio is null
                ? "The WebM stream has no audio track."
                : $"The WebM stream's audio is {_otherAudio}, not Opus. It can be converted: ffmpeg -i FILE -c:a libopus OUT.opus");
        }
    }

    private static string NameOf(string? codec) => codec switch
    {
        "A_VORBIS" => "Vorbis",
        "A_FLAC" => "FLAC",
        "A_MPEG/L3" => "MP3",
        null => "of no known codec",
        _ when codec.StartsWith("A_AAC", StringComparison.Ordinal) => "AAC",
        _ when codec.StartsWith("A_PCM", StringComparison.Ordinal) => "PCM",
        _ => string.Concat(codec.Select(c => c is > ' ' and < '\x7f' ? c : '?')),
    };

    /// <summary>
    /// Track (a number of EBML), time from the cluster's in 16 bits, flags, and one or more packets (RFC 9559, section 10).
    /// </summary>
    private void ReadBlock(ReadOnlySpan<byte> block, IBufferWriter<float> output)
    {
        var numberBytes = EbmlReader.TryReadVint(block, out var number);
        if (numberBytes == 0 || block.Length < numberBytes + 3)
        {
            _damagedBlocks++;
            return;
        }
        if (_wantedTrack is null || number != _wantedTrack)
            return;
        var time = (Int128)_clusterTime + BinaryPrimitives.ReadInt16BigEndian(block[numberBytes..]);
        var start = time * _scale * 48 / 1_000_000;
        if (start < 0 || start > long.MaxValue / 2)
            start = _timeline.Position;
        if (_isFirstBlock)
            _timeline.Restart((long)start, isTrusted: true);
        else if (_timeline.GapBefore((long)start) is var gap and > 0)
            _track.Conceal(gap, output);
        _isFirstBlock = false;

        var rest = block[(numberBytes + 3)..];
        var packets = ReadLacing((block[numberBytes + 2] >> 1) & 3, ref rest);
        if (packets == 0)
            _damagedBlocks++;
        for (var i = 0; i < packets; i++)
        {
            _timeline.Advance(_track.Decode(rest[.._lacing[i]], output));
            rest = rest[_lacing[i]..];
        }
    }

    /// <summary>How long each packet of the block is, to <see cref="_lacing"/>.</summary>
    /// <param name="kind">0 none: one packet; 1 Xiph: lengths as in Ogg; 2 fixed: equal parts; 3 EBML: a length, then differences.</param>
    /// <param name="rest">Behind the lengths afterwards.</param>
    /// <returns>How many packets; 0 if it makes no sense.</returns>
    private int ReadLacing(int kind, ref ReadOnlySpan<byte> rest)
    {
        if (kind == 0)
        {
            _lacing[0] = rest.Length;
            return 1;
        }
        if (rest.IsEmpty)
            return 0;
        var count = rest[0] + 1;
        rest = rest[1..];
        if (kind == 2)
        {
            _lacing.AsSpan(0, count).Fill(rest.Length / count);
            return rest.Length % count == 0 ? count : 0;
        }
        long total = 0, length = 0;
        for (var i = 0; i < count - 1; i++)
        {
            if (!(kind == 1 ? TryReadXiph(ref rest, out length) : TryReadEbml(ref rest, isFirst: i == 0, ref length))
                || length > rest.Length)
                return 0;
            _lacing[i] = (int)length;
            total += length;
        }
        if (total > rest.Length)
            return 0;
        _lacing[count - 1] = rest.Length - (int)total;
        return count;
    }

    private static bool TryReadXiph(ref ReadOnlySpan<byte> rest, out long length)
    {
        length = 0;
        while (!rest.IsEmpty)
        {
            var part = rest[0];
            rest = rest[1..];
            length += part;
            if (part < 255)
                return true;
        }
        return false;
    }

    private static bool TryReadEbml(ref ReadOnlySpan<byte> rest, bool isFirst, ref long length)
    {
        var bytes = EbmlReader.TryReadVint(rest, out var value);
        if (bytes is 0 or > 4)
            return false;
        rest = rest[bytes..];
        // Differences are shifted so that half of the numbers are negative.
        length = isFirst ? (long)value : length + (long)value - ((1L << (7 * bytes - 1)) - 1);
        return length >= 0;
    }

    private readonly record struct Entry(ulong Number, ulong Type, string? Codec, byte[]? Private, bool IsEncoded);
}
