using System.Buffers;
using System.Buffers.Binary;

namespace Speech.Audio.Ogg;

/// <summary>Packets of one logical stream to Ogg pages.</summary>
/// <param name="maxLacingValues">
/// When a page is full: 1 to 255 lacing values. Fewer make more packets lie over page boundaries.
/// </param>
public sealed class OggStreamWriter(IBufferWriter<byte> output, uint serial, int maxLacingValues = OggPage.MaxLacingValues)
{
    private readonly byte[] _lacing = new byte[OggPage.MaxLacingValues];
    private readonly ArrayBufferWriter<byte> _body = new();
    private int _lacingCount;
    private uint _sequence;
    private long _granule = -1;
    private bool _continued;

    /// <summary>Adds a packet to the current page, and writes pages as they fill.</summary>
    /// <param name="granule">Position at the packet's end.</param>
    public void WritePacket(ReadOnlySpan<byte> packet, long granule)
    {
        while (true)
        {
            if (_lacingCount == maxLacingValues)
                FlushPage();
            var size = Math.Min(255, packet.Length);
            _lacing[_lacingCount++] = (byte)size;
            _body.Write(packet[..size]);
            packet = packet[size..];
            if (size < 255)
                break;
        }
        _granule = granule;
    }

    /// <summary>Writes the current page, however full it is.</summary>
    public void FlushPage(bool endOfStream = false)
    {
        if (_lacingCount == 0 && !endOfStream)
            return;
        var flags = (_continued ? OggPageFlags.Continued : 0)
            | (_sequence == 0 ? OggPageFlags.BeginOfStream : 0)
            | (endOfStream ? OggPageFlags.EndOfStream : 0);
        var length = OggPage.HeaderBytes + _lacingCount + _body.WrittenCount;
        var page = output.GetSpan(length)[..length];
        OggPage.CapturePattern.CopyTo(page);
        page[4] = 0;
        page[5] = (byte)flags;
        BinaryPrimitives.WriteInt64LittleEndian(page[6..], _granule);
        BinaryPrimitives.WriteUInt32LittleEndian(page[14..], serial);
        BinaryPrimitives.WriteUInt32LittleEndian(page[18..], _sequence++);
        page[26] = (byte)_lacingCount;
        _lacing.AsSpan(0, _lacingCount).CopyTo(page[OggPage.HeaderBytes..]);
        _body.WrittenSpan.CopyTo(page[(OggPage.HeaderBytes + _lacingCount)..]);
        BinaryPrimitives.WriteUInt32LittleEndian(page[22..], OggCrc.OfPage(page));
        output.Advance(length);

        // Only a packet that goes on can leave 255 as the last value.
        _continued = _lacingCount > 0 && _lacing[_lacingCount - 1] == 255;
        _lacingCount = 0;
        _body.ResetWrittenCount();
        _granule = -1;
    }
}
