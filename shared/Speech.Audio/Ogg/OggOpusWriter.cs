using System.Buffers;
using Speech.Audio.Opus;

namespace Speech.Audio.Ogg;

/// <summary>
/// Opus packets to an Ogg Opus byte stream (RFC 7845): the two header pages at once, then a page for every
/// <c>packetsPerPage</c> packets, and at the end the granule that tells how much of the last packet counts.
/// </summary>
public sealed class OggOpusWriter
{
    private readonly OggStreamWriter _stream;
    private readonly OpusHead _head;
    private readonly int _packetsPerPage;
    private readonly ArrayBufferWriter<byte> _held = new();
    private long _granule;
    private int _packetsOnPage;
    private int _heldSamples48k;

    /// <param name="serial">Any number; it tells logical streams of one file apart.</param>
    /// <param name="packetsPerPage">Few for a live stream (each page is sent at once), 50 for a file.</param>
    public OggOpusWriter(IBufferWriter<byte> output, OpusHead head, uint serial, int packetsPerPage = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(packetsPerPage, 1);
        _stream = new OggStreamWriter(output, serial);
        _head = head;
        _packetsPerPage = packetsPerPage;

        Span<byte> packet = stackalloc byte[OpusHead.Bytes];
        head.Write(packet);
        _stream.WritePacket(packet, 0);
        _stream.FlushPage();
        _stream.WritePacket(Tags, 0);
        _stream.FlushPage();
    }

    /// <summary>OpusTags: vendor "Speech", no comments.</summary>
    private static ReadOnlySpan<byte> Tags => "OpusTags\x06\0\0\0Speech\0\0\0\0"u8;

    /// <summary>A whole recording, encoded, as one Ogg Opus file.</summary>
    /// <param name="samples">16 kHz mono.</param>
    public static void WriteFile(
        IBufferWriter<byte> output, ReadOnlySpan<float> samples, OpusEncoderOptions? options = null, uint serial = 1)
    {
        using var encoder = new OpusEncoder(options);
        var preSkip48k = encoder.LookaheadSamples * 3;
        var writer = new OggOpusWriter(output, new OpusHead(1, preSkip48k, AudioRate.Model, 0), serial, packetsPerPage: 50);
        Span<float> frame = new float[encoder.FrameSamples];
        Span<byte> packet = new byte[OpusEncoder.MaxPacketBytes];
        // The decoder lags by the look-ahead: that much silence at the end brings the last samples out.
        for (var position = 0; position < samples.Length + encoder.LookaheadSamples; position += frame.Length)
        {
            var rest = samples[Math.Min(position, samples.Length)..];
            rest = rest[..Math.Min(rest.Length, frame.Length)];
            rest.CopyTo(frame);
            frame[rest.Length..].Clear();
            writer.WritePacket(packet[..encoder.Encode(frame, packet)]);
        }
        writer.Complete(samples.Length * 3L);
    }

    /// <exception cref="ArgumentException">The packet is not valid Opus.</exception>
    public void WritePacket(ReadOnlySpan<byte> packet)
    {
        if (!OpusPacket.TryParse(packet, out var header, out var fault))
            throw new ArgumentException($"Not an Opus packet: {fault}.", nameof(packet));
        WriteHeld(lastOfStream: false);
        // One packet is held back, since only the next call tells whether it was the last.
        _held.Write(packet);
        _heldSamples48k = header.Samples48k;
    }

    /// <summary>Writes what is held back, and the page that ends the stream.</summary>
    /// <param name="totalSamples48k">Length of the audio without pre-skip; null if all that was encoded counts.</param>
    public void Complete(long? totalSamples48k = null)
    {
        WriteHeld(lastOfStream: true, totalSamples48k is { } total ? total + _head.PreSkip48k : null);
        _stream.FlushPage(endOfStream: true);
    }

    private void WriteHeld(bool lastOfStream, long? endGranule = null)
    {
        if (_held.WrittenCount == 0)
            return;
        _granule += _heldSamples48k;
        _stream.WritePacket(_held.WrittenSpan, Math.Min(_granule, endGranule ?? _granule));
        _held.ResetWrittenCount();
        if (lastOfStream || ++_packetsOnPage < _packetsPerPage)
            return;
        _stream.FlushPage();
        _packetsOnPage = 0;
    }
}
