using Speech.Audio.Ogg;
using Speech.Audio.Opus;

namespace Speech.Audio.Tests.Ogg;

/// <summary>Time passes as the granules say, also where packets are missing.</summary>
public sealed class OggTimeTests
{
    private sealed record Packet(byte[] Bytes, long End, bool EndsPage);

    private static readonly (byte[] Head, List<Packet> Packets) Whole = ReadPackets(File.ReadAllBytes(Vector("dtx-whole.opus")));

    public static TheoryData<string> Layouts => ["granules kept", "a page a packet", "ten to a page", "only pages of silence"];

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Silence_that_is_left_out_lasts_as_long_as_ever(string layout)
    {
        var whole = Decode(File.ReadAllBytes(Vector("dtx-whole.opus")));
        var kept = Whole.Packets.Where(packet => packet.Bytes.Length > 1).ToList();
        kept.Count.ShouldBeLessThan(Whole.Packets.Count / 2 + 100);
        var stream = layout switch
        {
            "granules kept" => Write(Whole.Packets, packet => packet.Bytes.Length > 1, (packet, _) => packet.EndsPage),
            "a page a packet" => Write(kept, _ => true, (_, _) => true),
            "ten to a page" => Write(kept, _ => true, (_, index) => index % 10 == 9),
            _ => Write(Whole.Packets, packet => packet.Bytes.Length > 1 || packet.End > 500_000, (packet, _) => packet.EndsPage),
        };

        var decoded = Decode(stream);

        // What follows the last packet is not told.
        decoded.Length.ShouldBeInRange(whole.Length - 6 * 320 * 10, whole.Length);
        // Loudness in pieces of 100 ms: speech is where it was.
        var (expected, actual) = (Loudness(whole), Loudness(decoded));
        for (var i = 0; i < actual.Length; i++)
            Math.Abs(expected[i] - actual[i]).ShouldBeLessThan(layout == "a page a packet" ? 1e-3 : 0.005, $"{layout}, at {i * 0.1} s");
    }

    [Fact]
    public void Lost_pages_leave_a_gap_of_their_length()
    {
        var (packets, _) = Tests.Opus.OpusCodecTests.Encode(Recordings.Speech(3), new OpusEncoderOptions());
        var stream = Pages(packets, skip: i => i is >= 50 and < 75, granule: i => (i + 1) * 960);
        using var reader = new OggOpusReader();

        Signals.Collect(output => reader.Read(stream, output)).Length.ShouldBe(48_000 - 104);
        reader.Gaps.ShouldBe(1);
        reader.Jumps.ShouldBe(0);
    }

    [Theory]
    [InlineData(59, 0)]
    [InlineData(61, 1)]
    [InlineData(1_000_000_000, 1)]
    public void A_jump_of_more_than_a_minute_is_told_and_not_filled(long seconds, int jumps)
    {
        var (packets, _) = Tests.Opus.OpusCodecTests.Encode(Recordings.Speech(2), new OpusEncoderOptions());
        var stream = Pages(packets, _ => false, i => (i + 1) * 960 + (i < 50 ? 0 : seconds * 48_000));
        using var reader = new OggOpusReader();

        Signals.Collect(output => reader.Read(stream, output)).Length.ShouldBe(32_000 - 104 + (jumps == 0 ? (int)seconds * 16_000 : 0));
        reader.Jumps.ShouldBe(jumps);
    }

    [Fact]
    public void Granules_that_go_back_are_believed_again_once_they_agree()
    {
        var (packets, _) = Tests.Opus.OpusCodecTests.Encode(Recordings.Speech(3), new OpusEncoderOptions());
        // From the second second on it counts from 0; then half a second is left out.
        var stream = Pages(packets, _ => false, i => (i < 50 ? i + 1 : i < 100 ? i - 49 : i - 24) * 960);

        Decode(stream).Length.ShouldBe(48_000 - 104 + 8_000);
    }

    [Theory]
    [InlineData("fam1-stereo.opus", 2, 5e-5)] // one channel is the inverse of the other
    [InlineData("fam1-51.opus", 6, 5e-5)]
    public void Surround_of_mapping_family_1_is_heard(string file, int channels, double power)
    {
        using var reader = new OggOpusReader();
        var bytes = File.ReadAllBytes(Vector(file));

        var samples = Signals.Collect(output => reader.Read(bytes, output));

        reader.Head!.Value.Channels.ShouldBe(channels);
        reader.CorruptPackets.ShouldBe(0);
        reader.DecodedPackets.ShouldBeGreaterThan(50);
        samples.Length.ShouldBe(32_000);
        (Signals.Energy(samples) / samples.Length).ShouldBeGreaterThan(power);
        Signals.Collect(output =>
        {
            using var again = new OggOpusReader();
            foreach (var piece in Signals.Pieces(bytes.Length, 1, 50))
                again.Read(bytes.AsSpan(piece), output);
        }).ShouldBe(samples);
    }

    private static byte[] Pages(List<byte[]> packets, Func<int, bool> skip, Func<int, long> granule)
    {
        var stream = Signals.CollectBytes(output =>
        {
            var writer = Begin(output);
            for (var i = 0; i < packets.Count; i++)
            {
                writer.WritePacket(packets[i], granule(i));
                writer.FlushPage();
            }
        });
        // Pages are numbered before they are lost.
        var (kept, index) = (new List<byte>(), -2);
        var reader = new OggPageReader();
        for (var start = 0; reader.TryRead(stream.AsSpan(start), out var consumed, out _); start += consumed, index++)
        {
            if (index < 0 || !skip(index))
                kept.AddRange(stream[start..(start + consumed)]);
        }
        return [.. kept];
    }

    private static byte[] Write(List<Packet> packets, Func<Packet, bool> keeps, Func<Packet, int, bool> endsPage) =>
        Signals.CollectBytes(output =>
    {
        var writer = new OggStreamWriter(output, 9);
        writer.WritePacket(Whole.Head, 0);
        writer.FlushPage();
        writer.WritePacket([.. "OpusTags"u8, 0, 0, 0, 0, 0, 0, 0, 0], 0);
        writer.FlushPage();
        byte[]? held = null;
        for (var i = 0; i < packets.Count; i++)
        {
            var ends = endsPage(packets[i], i) || i == packets.Count - 1;
            if (keeps(packets[i]))
            {
                if (held is not null)
                    writer.WritePacket(held, -1);
                held = packets[i].Bytes;
            }
            if (!ends || held is null)
                continue;
            writer.WritePacket(held, packets[i].End);
            writer.FlushPage();
            held = null;
        }
    });

    private static OggStreamWriter Begin(System.Buffers.IBufferWriter<byte> output)
    {
        var writer = new OggStreamWriter(output, 9);
        var head = new byte[OpusHead.Bytes];
        new OpusHead(1, 312, 16_000, 0).Write(head);
        writer.WritePacket(head, 0);
        writer.FlushPage();
        writer.WritePacket([.. "OpusTags"u8, 0, 0, 0, 0, 0, 0, 0, 0], 0);
        writer.FlushPage();
        return writer;
    }

    private static (byte[] Head, List<Packet> Packets) ReadPackets(byte[] stream)
    {
        var reader = new OggPacketReader();
        byte[]? head = null;
        var packets = new List<Packet>();
        var index = 0;
        for (var start = 0; reader.TryRead(stream.AsSpan(start), out var consumed, out var packet); start += consumed, index++)
        {
            if (index == 0)
                head = packet.Data.ToArray();
            else if (index > 1)
                packets.Add(new Packet(packet.Data.ToArray(), (packets.Count + 1) * 960, packet.IsLastOnPage));
        }
        return (head!, packets);
    }

    private static double[] Loudness(float[] samples) => [.. samples.Chunk(1600).Select(piece => Math.Sqrt(Signals.Energy(piece) / 1600))];

    private static float[] Decode(byte[] stream) => Signals.Collect(output =>
    {
        using var reader = new OggOpusReader();
        reader.Read(stream, output);
    });

    private static string Vector(string name) => Path.Combine(Path.GetDirectoryName(Recordings.OpusFromOpusenc)!, name);
}
