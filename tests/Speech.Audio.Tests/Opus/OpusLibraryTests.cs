using Concentus;
using Speech.Audio.Opus;
using Speech.Audio.Opus.Managed;
using Speech.Audio.Resampling;

namespace Speech.Audio.Tests.Opus;

/// <summary>
/// What a browser sends (48 kHz, all modes of Opus), and the two implementations against each other where both are there.
/// </summary>
public sealed class OpusLibraryTests
{
    private const int FullRate = 48_000;

    public static TheoryData<string> Libraries => OpusCodecTests.Libraries;

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Speech_is_whole_in_every_mode(string library)
    {
        var speech = Recordings.Speech(8);
        foreach (var bitRate in (int[])[12_000, 24_000, 40_000, 64_000])
        {
            var decoded = Decode(library, Encode(speech, channels: 1, _ => bitRate));

            // Some milliseconds late, each implementation by others.
            Enumerable.Range(0, 300).Max(delay => Correlation(speech, decoded.AsSpan(delay)))
                .ShouldBeGreaterThan(0.93, $"{library} at {bitRate}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Both_implementations_hear_the_same_in_a_stream_that_changes_its_mode(int channels)
    {
        if (!Implementations.HasLibOpus)
            return;
        int[] rates = [8_000, 24_000, 64_000, 16_000, 128_000, 32_000];
        var packets = Encode(Recordings.Speech(8), channels, packet => rates[packet / 25 % rates.Length]);

        var native = Decode("libopus", packets);
        var managed = Decode("Concentus", packets);

        managed.Length.ShouldBe(native.Length);
        // From the first hybrid packet on, the managed one is 3 ms late.
        const int Window = 8_000;
        var first = packets.FindIndex(packet => packet[0] >> 3 is >= 12 and <= 15) * 320;
        Correlation(native.AsSpan(0, first), managed.AsSpan(0, first)).ShouldBeGreaterThan(0.99);
        for (var start = first + Window; start + 2 * Window <= native.Length; start += Window)
        {
            Enumerable.Range(46, 4).Max(delay => Correlation(native.AsSpan(start, Window), managed.AsSpan(start + delay, Window)))
                .ShouldBeGreaterThan(0.95, $"at sample {start}");
        }
    }

    [Fact]
    public void At_sixteen_kilohertz_both_implementations_give_the_same_samples()
    {
        if (!Implementations.HasLibOpus)
            return;
        using var encoder = new OpusEncoder(new OpusEncoderOptions(), new ManagedOpus());
        var packets = new List<byte[]>();
        var packet = new byte[OpusEncoder.MaxPacketBytes];
        foreach (var frame in Recordings.Speech(8).Chunk(encoder.FrameSamples).Where(frame => frame.Length == encoder.FrameSamples))
            packets.Add(packet[..encoder.Encode(frame, packet)]);

        var native = Decode("libopus", packets);
        var managed = Decode("Concentus", packets);

        native.Zip(managed).Max(pair => MathF.Abs(pair.First - pair.Second)).ShouldBeLessThanOrEqualTo(1.5f / 32768);
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_packet_without_contents_is_silence_that_was_not_sent(string library)
    {
        var packets = Encode(Recordings.Speech(1), channels: 1, _ => 24_000);
        using var decoder = new OpusDecoder(16_000, Of(library));
        var pcm = new float[decoder.MaxSamples];
        foreach (var packet in packets)
            decoder.Decode(packet, pcm);

        var result = decoder.Decode([packets[^1][0]], pcm);

        result.Outcome.ShouldBe(OpusDecodeOutcome.Decoded);
        result.Samples.ShouldBe(320);
        decoder.CorruptPackets.ShouldBe(0);
    }

    [Fact]
    public void What_is_installed_is_taken_and_nothing_is_demanded()
    {
        AudioLibraries.Use(AudioLibraryChoice.Auto);

        AudioLibraries.Description.ShouldBe(
            $"Opus by {(Implementations.HasLibOpus ? "libopus" : "Concentus")}, resampling by {(Implementations.HasLibSoxr ? "libsoxr" : "Concentus")}");
    }

    private static IOpusLibrary Of(string library) => Implementations.OfOpus.Single(opus => opus.Name == library);

    /// <summary>As browsers do.</summary>
    private static List<byte[]> Encode(float[] speech, int channels, Func<int, int> bitRate)
    {
        var wide = Resampler.Resample(speech, 16_000, FullRate);
        OpusCodecFactory.AttemptToUseNativeLibrary = false;
        using var encoder = OpusCodecFactory.CreateEncoder(FullRate, channels, Concentus.Enums.OpusApplication.OPUS_APPLICATION_VOIP);
        var packets = new List<byte[]>();
        var buffer = new byte[4000];
        const int Frame = FullRate / 50;
        for (var start = 0; start + Frame <= wide.Length; start += Frame)
        {
            encoder.Bitrate = bitRate(packets.Count);
            var frame = wide[start..(start + Frame)].SelectMany(sample => Enumerable.Range(1, channels).Select(channel => sample / channel))
                .ToArray();
            packets.Add(buffer[..encoder.Encode(frame, Frame, buffer, buffer.Length)]);
        }
        return packets;
    }

    private static float[] Decode(string library, List<byte[]> packets)
    {
        using var decoder = new OpusDecoder(16_000, Of(library));
        var pcm = new float[decoder.MaxSamples];
        var all = new List<float>();
        foreach (var packet in packets)
        {
            var result = decoder.Decode(packet, pcm);
            result.Outcome.ShouldBe(OpusDecodeOutcome.Decoded);
            all.AddRange(pcm[..result.Samples]);
        }
        return [.. all];
    }

    /// <summary>1 where both are the same but for loudness.</summary>
    private static double Correlation(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        var length = Math.Min(one.Length, other.Length);
        double product = 0;
        for (var i = 0; i < length; i++)
            product += one[i] * (double)other[i];
        return product / Math.Sqrt(Signals.Energy(one[..length]) * Signals.Energy(other[..length]));
    }
}
