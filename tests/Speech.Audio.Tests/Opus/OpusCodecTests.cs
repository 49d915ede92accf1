using Speech.Audio.Opus;

namespace Speech.Audio.Tests.Opus;

public sealed class OpusCodecTests
{
    public static TheoryData<string> Libraries => [.. Implementations.OfOpus.Select(opus => opus.Name)];

    public static TheoryData<string, OpusApplication, int, int, double> RoundTrips
    {
        get
        {
            var trips = new TheoryData<string, OpusApplication, int, int, double>();
            foreach (var library in Implementations.OfOpus)
            {
                trips.Add(library.Name, OpusApplication.Voip, 32_000, 20, 8);
                trips.Add(library.Name, OpusApplication.Audio, 64_000, 10, 14);
                trips.Add(library.Name, OpusApplication.Voip, 32_000, 60, 8);
            }
            return trips;
        }
    }

    [Theory]
    [MemberData(nameof(RoundTrips))]
    public void Speech_survives_a_round_trip(
        string library, OpusApplication application, int bitRate, int frameMilliseconds, double leastSnr)
    {
        var speech = Recordings.Speech();
        var options = new OpusEncoderOptions { Application = application, BitRate = bitRate, FrameMilliseconds = frameMilliseconds };
        var (packets, lookahead) = Encode(Of(library), speech, options);
        using var decoder = new OpusDecoder(16_000, Of(library));

        var decoded = packets.SelectMany(packet => Decode(decoder, packet)).ToArray();

        decoded.Length.ShouldBe(packets.Count * 16 * frameMilliseconds);
        var length = decoded.Length - lookahead;
        Signals.Snr(speech.AsSpan(0, length), decoded.AsSpan(lookahead)).ShouldBeGreaterThan(leastSnr);
        (Signals.Energy(decoded) / Signals.Energy(speech)).ShouldBeInRange(0.8, 1.2);
        var seconds = speech.Length / 16_000.0;
        (packets.Sum(packet => packet.Length) * 8 / seconds).ShouldBeInRange(bitRate * 0.4, bitRate * 1.2);
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Every_packet_says_how_long_it_is(string library)
    {
        var (packets, _) = Encode(Of(library), Recordings.Speech(1), new OpusEncoderOptions());

        packets.Count.ShouldBe(50);
        foreach (var bytes in packets)
        {
            OpusPacket.TryParse(bytes, out var packet, out _).ShouldBeTrue();
            packet.Duration.ShouldBe(TimeSpan.FromMilliseconds(20));
        }
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_lost_packet_is_filled_with_as_much_sound_as_was_lost(string library)
    {
        var (packets, lookahead) = Encode(Of(library), Recordings.Speech(4), new OpusEncoderOptions());
        using var decoder = new OpusDecoder(16_000, Of(library));
        var pcm = new float[decoder.MaxSamples];
        var whole = packets.SelectMany(packet => Decode(decoder, packet)).ToArray();
        decoder.Reset();

        var concealed = new List<float>();
        for (var i = 0; i < packets.Count; i++)
        {
            var lost = i % 10 == 9;
            var result = decoder.Decode(lost ? [] : packets[i], pcm);
            result.Outcome.ShouldBe(lost ? OpusDecodeOutcome.Concealed : OpusDecodeOutcome.Decoded);
            result.Fault.ShouldBeNull();
            concealed.AddRange(pcm[..result.Samples]);
        }

        decoder.LostPackets.ShouldBe(packets.Count / 10);
        concealed.Count.ShouldBe(whole.Length);
        Signals.Snr(whole.AsSpan(lookahead), concealed.ToArray().AsSpan(lookahead)).ShouldBeGreaterThan(3);
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void The_copy_in_the_next_packet_is_better_than_concealment(string library)
    {
        var (packets, _) = Encode(Of(library), Recordings.Speech(4), new OpusEncoderOptions { ExpectedLossPercent = 20, BitRate = 24_000 });
        using var decoder = new OpusDecoder(16_000, Of(library));
        var whole = packets.SelectMany(packet => Decode(decoder, packet)).ToArray();

        var (concealed, recovered) = (Receive(useCopy: false), Receive(useCopy: true));

        recovered.Length.ShouldBe(whole.Length);
        Signals.Snr(whole, recovered).ShouldBeGreaterThan(Signals.Snr(whole, concealed) + 1);

        float[] Receive(bool useCopy)
        {
            using var receiver = new OpusDecoder(16_000, Of(library));
            var pcm = new float[receiver.MaxSamples];
            var all = new List<float>();
            for (var i = 0; i < packets.Count; i++)
            {
                var lost = i % 5 == 3;
                var result = !lost ? receiver.Decode(packets[i], pcm)
                    : useCopy && i + 1 < packets.Count ? receiver.RecoverLost(packets[i + 1], pcm)
                    : receiver.Decode([], pcm);
                all.AddRange(pcm[..result.Samples]);
            }
            return [.. all];
        }
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_corrupt_packet_is_concealed_and_counted(string library)
    {
        var (packets, _) = Encode(Of(library), Recordings.Speech(1), new OpusEncoderOptions { FrameMilliseconds = 40 });
        using var decoder = new OpusDecoder(16_000, Of(library));
        var pcm = new float[decoder.MaxSamples];
        decoder.Decode(packets[0], pcm);

        var result = decoder.Decode([0xff, 0x00, 0x01], pcm);

        result.Outcome.ShouldBe(OpusDecodeOutcome.Concealed);
        result.Fault.ShouldNotBeNull();
        result.Samples.ShouldBe(640);
        decoder.CorruptPackets.ShouldBe(1);
        decoder.DecodedPackets.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void No_bytes_whatever_crash_the_decoder_or_escape_its_bounds(string library)
    {
        var (packets, _) = Encode(Of(library), Recordings.Speech(2), new OpusEncoderOptions());
        var random = new Random(11);
        using var decoder = new OpusDecoder(16_000, Of(library));
        var pcm = new float[decoder.MaxSamples];
        for (var i = 0; i < 20_000; i++)
        {
            byte[] packet;
            if (i % 2 == 0)
            {
                packet = new byte[random.Next(0, 200)];
                random.NextBytes(packet);
            }
            else
            {
                packet = [.. packets[random.Next(packets.Count)]];
                for (var change = random.Next(1, 5); change > 0; change--)
                    packet[random.Next(packet.Length)] = (byte)random.Next(256);
                packet = packet[..random.Next(packet.Length + 1)];
            }

            var result = decoder.Decode(packet, pcm);

            result.Samples.ShouldBeInRange(1, 1920);
            foreach (var sample in pcm.AsSpan(0, result.Samples))
                Assert.True(sample is >= -1 and <= 1);
        }
        (decoder.CorruptPackets + decoder.LostPackets + decoder.DecodedPackets).ShouldBe(20_000);
    }

    private static IOpusLibrary Of(string library) => Implementations.OfOpus.Single(opus => opus.Name == library);

    internal static (List<byte[]> Packets, int Lookahead) Encode(float[] samples, OpusEncoderOptions options) =>
        Encode(AudioLibraries.Opus, samples, options);

    private static (List<byte[]> Packets, int Lookahead) Encode(IOpusLibrary library, float[] samples, OpusEncoderOptions options)
    {
        using var encoder = new OpusEncoder(options, library);
        var packets = new List<byte[]>();
        var packet = new byte[OpusEncoder.MaxPacketBytes];
        for (var start = 0; start + encoder.FrameSamples <= samples.Length; start += encoder.FrameSamples)
            packets.Add(packet[..encoder.Encode(samples.AsSpan(start, encoder.FrameSamples), packet)]);
        return (packets, encoder.LookaheadSamples);
    }

    private static float[] Decode(OpusDecoder decoder, byte[] packet)
    {
        var pcm = new float[decoder.MaxSamples];
        var result = decoder.Decode(packet, pcm);
        result.Outcome.ShouldBe(OpusDecodeOutcome.Decoded);
        return pcm[..result.Samples];
    }
}
