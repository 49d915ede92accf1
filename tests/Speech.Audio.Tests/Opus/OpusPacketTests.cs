using Speech.Audio.Opus;

namespace Speech.Audio.Tests.Opus;

public sealed class OpusPacketTests
{
    [Theory]
    [InlineData(0, OpusMode.Silk, OpusBandwidth.Narrow, 10)]
    [InlineData(7, OpusMode.Silk, OpusBandwidth.Medium, 60)]
    [InlineData(9, OpusMode.Silk, OpusBandwidth.Wide, 20)]
    [InlineData(10, OpusMode.Silk, OpusBandwidth.Wide, 40)]
    [InlineData(12, OpusMode.Hybrid, OpusBandwidth.SuperWide, 10)]
    [InlineData(15, OpusMode.Hybrid, OpusBandwidth.Full, 20)]
    [InlineData(16, OpusMode.Celt, OpusBandwidth.Narrow, 2.5)]
    [InlineData(21, OpusMode.Celt, OpusBandwidth.Wide, 5)]
    [InlineData(26, OpusMode.Celt, OpusBandwidth.SuperWide, 10)]
    [InlineData(31, OpusMode.Celt, OpusBandwidth.Full, 20)]
    public void The_first_byte_tells_mode_bandwidth_and_duration(int config, OpusMode mode, OpusBandwidth bandwidth, double milliseconds)
    {
        OpusPacket.TryParse([(byte)(config << 3), 1, 2], out var packet, out _).ShouldBeTrue();

        packet.Mode.ShouldBe(mode);
        packet.Bandwidth.ShouldBe(bandwidth);
        packet.Duration.TotalMilliseconds.ShouldBe(milliseconds);
        packet.SamplesAt(16_000).ShouldBe((int)(milliseconds * 16));
    }

    [Fact]
    public void All_four_codes_of_frame_packing_are_understood()
    {
        const byte Celt20 = 31 << 3;
        Frames([Celt20 | 4, 1, 2, 3]).ShouldBe((1, true));
        Frames([Celt20 | 1, 1, 2, 3, 4]).ShouldBe((2, false));
        Frames([Celt20 | 2, 3, 1, 2, 3, 9]).ShouldBe((2, false));
        // Constant size: 3 frames of 2 bytes. Variable: lengths 1 and 2, the rest is the third's. Padding: 1 length byte, 2 bytes.
        Frames([Celt20 | 3, 3, 1, 1, 2, 2, 3, 3]).ShouldBe((3, false));
        Frames([Celt20 | 3, 0x80 | 3, 1, 2, 9, 8, 8, 7, 7, 7]).ShouldBe((3, false));
        Frames([Celt20 | 3, 0x40 | 2, 2, 1, 1, 0, 0]).ShouldBe((2, false));

        static (int, bool) Frames(byte[] bytes)
        {
            OpusPacket.TryParse(bytes, out var packet, out var fault).ShouldBeTrue(fault);
            return (packet.FrameCount, packet.IsStereo);
        }
    }

    public static TheoryData<byte[], string> Malformed => new()
    {
        { [], "at least one byte" },
        { new byte[1 + 1276], "longer than 1275" },
        { new byte[OpusPacket.MaxBytes + 1], "is longer than" },
        { [1, 1, 2, 3], "odd number" },
        { [2], "longer than the packet" },
        { [2, 252], "longer than the packet" },
        { [2, 5, 1], "longer than the packet" },
        { [3], "count is missing" },
        { [3, 0], "no frames" },
        // 13 frames of 10 ms.
        { [3, 13], "120 ms" },
        { [3, 0x40 | 1], "padding's length" },
        { [3, 0x40 | 1, 9, 1], "padding is longer" },
        { [3, 2, 1, 2, 3], "do not fill" },
        { [3, 0x80 | 3, 1], "length is missing" },
        { [3, 0x80 | 2, 9, 1], "longer than the packet" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_packet_is_refused_with_its_fault(byte[] bytes, string because)
    {
        OpusPacket.TryParse(bytes, out _, out var fault).ShouldBeFalse();
        fault.ShouldContain(because);
    }
}
