using System.Buffers;
using System.Buffers.Binary;
using Speech.Audio.Ogg;
using Speech.Audio.Opus;
using Speech.Audio.Tests.Opus;

namespace Speech.Audio.Tests.Ogg;

public sealed class OggOpusTests
{
    [Theory]
    [InlineData(16_000)]
    [InlineData(15_999)]
    [InlineData(16_320)]
    [InlineData(1)]
    [InlineData(0)]
    [InlineData(40_000)]
    public void A_file_of_ours_has_exactly_the_length_that_went_in(int samples)
    {
        var speech = Recordings.Speech(3)[..samples];

        var decoded = Decode(Signals.CollectBytes(output => OggOpusWriter.WriteFile(output, speech)));

        decoded.Length.ShouldBe(samples);
        if (samples >= 16_000)
            Signals.Snr(speech, decoded).ShouldBeGreaterThan(8);
    }

    [Fact]
    public void A_stereo_file_at_48_kHz_by_opusenc_decodes_to_the_recording()
    {
        using var reader = new OggOpusReader();
        var decoded = Signals.Collect(output => reader.Read(File.ReadAllBytes(Recordings.OpusFromOpusenc), output));

        decoded.Length.ShouldBe(48_000);
        Signals.Snr(Recordings.Speech(3), decoded).ShouldBeGreaterThan(6);
        reader.Head.ShouldBe(new OpusHead(2, 312, 48_000, 0));
        (reader.CorruptPackets, reader.CorruptPages, reader.Gaps).ShouldBe((0, 0, 0));
    }

    [Fact]
    public void Pieces_of_any_size_decode_alike()
    {
        var file = Signals.CollectBytes(output => OggOpusWriter.WriteFile(output, Recordings.Speech(2)));
        var whole = Decode(file);

        foreach (var largest in (int[])[1, 7, 100, 3000])
            Decode(file, largest).ShouldBe(whole);
    }

    [Fact]
    public void A_live_stream_comes_out_packet_by_packet()
    {
        var (packets, _) = OpusCodecTests.Encode(Recordings.Speech(1), new OpusEncoderOptions());
        using var reader = new OggOpusReader();
        var (bytes, pcm) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<float>());
        var writer = new OggOpusWriter(bytes, new OpusHead(1, 312, 16_000, 0), 42);
        for (var i = 0; i < packets.Count; i++)
        {
            writer.WritePacket(packets[i]);
            reader.Read(bytes.WrittenSpan, pcm);
            bytes.ResetWrittenCount();
            // The writer holds one packet back.
            pcm.WrittenCount.ShouldBe(i == 0 ? 0 : i * 320 - 104);
        }
    }

    [Fact]
    public void A_sender_that_counts_granules_in_other_units_loses_nothing()
    {
        // As moshi's server does: 24 kHz samples.
        var (packets, _) = OpusCodecTests.Encode(Recordings.Speech(1), new OpusEncoderOptions());
        var stream = Signals.CollectBytes(output =>
        {
            var writer = Header(output, preSkip: 0);
            for (var i = 0; i < packets.Count; i++)
            {
                writer.WritePacket(packets[i], (i + 1) * 480);
                writer.FlushPage(endOfStream: i == packets.Count - 1);
            }
        });

        Decode(stream).Length.ShouldBe(16_000);
    }

    [Fact]
    public void A_recording_from_the_middle_of_a_broadcast_is_trimmed_at_its_end_only()
    {
        var (packets, _) = OpusCodecTests.Encode(Recordings.Speech(1), new OpusEncoderOptions());
        var stream = Signals.CollectBytes(output =>
        {
            var writer = Header(output, preSkip: 312);
            for (var i = 0; i < packets.Count; i++)
            {
                var last = i == packets.Count - 1;
                writer.WritePacket(packets[i], 1_000_000 + (i + 1) * 960 - (last ? 480 : 0));
                writer.FlushPage(last);
            }
        });

        Decode(stream).Length.ShouldBe(16_000 - 104 - 160);
    }

    [Fact]
    public void The_gain_of_the_header_is_applied()
    {
        var (packets, _) = OpusCodecTests.Encode(Recordings.Speech(3), new OpusEncoderOptions());
        // -6.02 dB halves the amplitude.
        var (plain, half) = (Stream(0), Stream(-1541));

        Signals.Snr([.. Decode(plain).Select(x => x / 2)], Decode(half)).ShouldBeGreaterThan(60);

        byte[] Stream(short gain) => Signals.CollectBytes(output =>
        {
            var writer = new OggOpusWriter(output, new OpusHead(1, 312, 16_000, gain), 1);
            packets.ForEach(packet => writer.WritePacket(packet));
            writer.Complete();
        });
    }

    [Fact]
    public void Chained_files_decode_one_after_the_other()
    {
        var (a, b) = (Recordings.Speech(1), Recordings.Speech(2));
        byte[] file = [.. Signals.CollectBytes(output => OggOpusWriter.WriteFile(output, a, serial: 1)),
            .. Signals.CollectBytes(output => OggOpusWriter.WriteFile(output, b, serial: 2))];

        Decode(file).Length.ShouldBe(a.Length + b.Length);
    }

    [Fact]
    public void Comments_of_megabytes_are_passed_over()
    {
        var (packets, _) = OpusCodecTests.Encode(Recordings.Speech(1), new OpusEncoderOptions());
        var stream = Signals.CollectBytes(output =>
        {
            var writer = new OggStreamWriter(output, 1);
            writer.WritePacket(Head(), 0);
            writer.FlushPage();
            writer.WritePacket([.. "OpusTags"u8, .. new byte[3_000_000]], 0);
            writer.FlushPage();
            packets.ForEach(packet => writer.WritePacket(packet, -1));
            writer.FlushPage();
        });

        Decode(stream, 5000).Length.ShouldBe(16_000 - 104);
    }

    [Fact]
    public void A_corrupt_packet_inside_valid_pages_is_concealed()
    {
        var (packets, _) = OpusCodecTests.Encode(Recordings.Speech(1), new OpusEncoderOptions());
        packets[20] = [0xff, 0x00];
        using var reader = new OggOpusReader();
        var stream = Signals.CollectBytes(output =>
        {
            var writer = Header(output, 312);
            packets.ForEach(packet => writer.WritePacket(packet, -1));
            writer.FlushPage();
        });

        Signals.Collect(output => reader.Read(stream, output)).Length.ShouldBe(16_000 - 104);
        reader.CorruptPackets.ShouldBe(1);
    }

    public static TheoryData<byte[], string> UnusableHeads => new()
    {
        { Head()[..18], "whole OpusHead" },
        { Head((8, 0x10)), "version 16" },
        { Head((9, 0)), "not 0" },
        { Head((9, 3)), "not 3" },
        { Head((18, 1), (9, 6)), "6 channels need 8 bytes, 0 are there" },
        { Head((18, 1), (9, 9)), "1 to 8 channels, not 9" },
        { [.. Head((18, 1), (9, 2)), 1, 1, 0, 2], "makes no sense" },
        { [.. Head((18, 1), (9, 2)), 1, 2, 0, 1], "makes no sense" },
        { [.. Head((18, 1), (9, 1)), 0, 0, 0], "makes no sense" },
        { Head((18, 2), (9, 4)), "mapping family 2" },
        { Head((18, 255)), "mapping family 255" },
    };

    [Theory]
    [MemberData(nameof(UnusableHeads))]
    public void A_header_that_cannot_be_used_is_a_clear_error(byte[] head, string because)
    {
        var stream = Signals.CollectBytes(output =>
        {
            var writer = new OggStreamWriter(output, 1);
            writer.WritePacket(head, 0);
            writer.FlushPage();
        });

        Should.Throw<AudioFormatException>(() => Decode(stream)).Message.ShouldContain(because);
    }

    [Fact]
    public void A_stream_that_is_not_Ogg_Opus_is_soon_told_so()
    {
        Should.Throw<AudioFormatException>(() => Decode(new byte[1024 * 1024], 4096)).Message.ShouldContain("not an Ogg Opus stream");
    }

    private static byte[] Head(params (int Offset, byte Value)[] changes)
    {
        var head = new byte[OpusHead.Bytes];
        new OpusHead(1, 312, 16_000, 0).Write(head);
        foreach (var (offset, value) in changes)
            head[offset] = value;
        return head;
    }

    private static OggStreamWriter Header(IBufferWriter<byte> output, ushort preSkip)
    {
        var writer = new OggStreamWriter(output, 42);
        var head = Head();
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(10), preSkip);
        writer.WritePacket(head, 0);
        writer.FlushPage();
        writer.WritePacket([.. "OpusTags"u8, 0, 0, 0, 0, 0, 0, 0, 0], 0);
        writer.FlushPage();
        return writer;
    }

    private static float[] Decode(byte[] stream, int largestPiece = int.MaxValue - 1) => Signals.Collect(output =>
    {
        using var reader = new OggOpusReader();
        foreach (var piece in largestPiece > stream.Length ? [0..stream.Length] : Signals.Pieces(stream.Length, 1, largestPiece))
            reader.Read(stream.AsSpan(piece), output);
    });
}
