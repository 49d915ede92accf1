using Concentus;
using Speech.Audio.Opus;
using Speech.Audio.Pcm;
using Speech.Audio.Streams;

namespace Speech.Audio.Tests.Pcm;

public sealed class ChannelMixerTests
{
    private static readonly float[] Voice = Recordings.Speech(6);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Channels_are_averaged(int channels)
    {
        var random = new Random(channels);
        float[] interleaved = [.. Voice.SelectMany(x => Enumerable.Range(0, channels).Select(_ => x + 0.01f * random.NextSingle()))];
        float[] expected = [.. interleaved.Chunk(channels).Select(frame => frame.Sum() / channels)];
        var (mono, cancelled) = Mix(interleaved, channels);
        mono.ShouldBe(expected, 1e-6);
        cancelled.ShouldBeFalse();
    }

    [Theory]
    [InlineData(2, 1, 0)]
    [InlineData(2, 0.7, 0)]
    [InlineData(2, 1, 1)]
    [InlineData(4, 1, 0)]
    [InlineData(8, 1, 0)]
    public void Channels_that_cancel_are_heard_as_the_louder_one(int channels, double level, int delay)
    {
        // Every second channel is the inverse of those before it, softer or later.
        float[] interleaved = [.. Voice.SelectMany((x, i) => Enumerable.Range(0, channels).Select(channel =>
            channel % 2 == 0 ? x : i < delay ? 0 : (float)-level * Voice[i - delay]))];
        var (mono, cancelled) = Mix(interleaved, channels);
        cancelled.ShouldBeTrue();
        float[][] candidates = [Voice, [.. interleaved.Chunk(channels).Select(frame => frame[1])]];
        candidates.Max(channel => Signals.Snr(channel.AsSpan(16_000), mono.AsSpan(16_000))).ShouldBeGreaterThan(20);
        Signals.Energy(mono).ShouldBeGreaterThan(0.9 * Signals.Energy(Voice));
    }

    [Fact]
    public void One_dead_channel_is_no_cancelling()
    {
        var (mono, cancelled) = Mix([.. Voice.SelectMany(x => (float[])[x, 0])], 2);
        cancelled.ShouldBeFalse();
        mono.ShouldBe([.. Voice.Select(x => x / 2)]);
    }

    [Fact]
    public void Two_people_on_two_channels_are_both_heard()
    {
        var other = Enumerable.Reverse(Voice).ToArray();
        var (mono, cancelled) = Mix([.. Voice.Zip(other).SelectMany(pair => (float[])[pair.First, pair.Second])], 2);
        cancelled.ShouldBeFalse();
        Signals.Snr([.. Voice.Zip(other).Select(pair => (pair.First + pair.Second) / 2)], mono).ShouldBeGreaterThan(20);
    }

    [Fact]
    public void It_passes_from_one_to_the_other_and_back_without_a_click()
    {
        // Two seconds in phase, two inverted, four in phase; a soft hum, in which every step would be heard.
        var hum = Signals.Sine(100, 16_000, 8 * 16_000, 0.3);
        var (mono, _) = Mix([.. hum.SelectMany((x, i) => (float[])[x, i is > 32_000 and < 64_000 ? -x : x])], 2);
        var steepest = Enumerable.Range(1, mono.Length - 1)
            .Where(i => i is not (32_001 or 64_000)) // there the client's own audio leaps
            .Max(i => Math.Abs(mono[i] - mono[i - 1]));
        steepest.ShouldBeLessThan(0.02f, "0.0118 is the hum's own");
        Signals.Energy(mono.AsSpan(36_000, 24_000)).ShouldBeGreaterThan(0.9 * Signals.Energy(hum.AsSpan(36_000, 24_000)));
        mono[(6 * 16_000)..].ShouldBe(hum[(6 * 16_000)..]);
    }

    [Fact]
    public void However_the_stream_is_cut_the_result_is_the_same()
    {
        float[] interleaved = [.. Voice.SelectMany((x, i) => (float[])[x, i / 16_000 % 2 == 0 ? -x : 0.5f * x, 0.1f * x])];
        var whole = Mix(interleaved, 3).Mono;
        var mixer = new ChannelMixer(3, 16_000);
        var pieces = new List<float>();
        foreach (var piece in Signals.Pieces(Voice.Length, 7, 700))
        {
            var part = interleaved[(3 * piece.Start.Value)..(3 * piece.End.Value)];
            pieces.AddRange(part[..mixer.Mix(part)]);
        }
        pieces.ShouldBe(whole);
    }

    [Fact]
    public void Opus_packets_of_stereo_with_one_channel_inverted_are_heard()
    {
        using var decoder = AudioStreamDecoder.Create("opus");
        var mono = Signals.Collect(
            output => EncodeStereo([.. Voice.SelectMany(x => (float[])[x, -x])]).ForEach(packet => decoder.Decode(packet, output)));
        Signals.Energy(mono).ShouldBeGreaterThan(0.8 * Signals.Energy(Voice));
        decoder.Faults.ShouldBe(AudioFault.ChannelsCancel);
    }

    [Fact]
    public void A_stream_of_Opus_may_become_stereo_and_mono_again()
    {
        var (mono, _) = Tests.Opus.OpusCodecTests.Encode(Voice, new OpusEncoderOptions());
        var stereo = EncodeStereo([.. Voice.SelectMany(x => (float[])[x, x])]);
        using var decoder = AudioStreamDecoder.Create("opus");
        var heard = Signals.Collect(output =>
        {
            for (var i = 0; i < stereo.Count; i++)
                decoder.Decode(i / 50 % 2 == 0 ? mono[i] : stereo[i], output);
        });
        heard.Length.ShouldBe(stereo.Count * 320);
        decoder.DamagedParts.ShouldBe(0);
        decoder.Faults.ShouldBe(AudioFault.None);
        for (var second = 0; second < 5; second++)
        {
            var energy = Signals.Energy(Voice.AsSpan(second * 16_000, 16_000));
            Signals.Energy(heard.AsSpan(second * 16_000, 16_000)).ShouldBeInRange(0.7 * energy, 1.3 * energy, $"second {second}");
        }
    }

    private static (float[] Mono, bool Cancelled) Mix(float[] interleaved, int channels)
    {
        var mixer = new ChannelMixer(channels, 16_000);
        var copy = interleaved.ToArray();
        var frames = mixer.Mix(copy);
        return (copy[..frames], mixer.HasCancelled);
    }

    private static List<byte[]> EncodeStereo(float[] interleaved)
    {
        OpusCodecFactory.AttemptToUseNativeLibrary = false;
        using var encoder = OpusCodecFactory.CreateEncoder(16_000, 2, Concentus.Enums.OpusApplication.OPUS_APPLICATION_AUDIO);
        encoder.Bitrate = 96_000;
        var packets = new List<byte[]>();
        var packet = new byte[4000];
        for (var start = 0; start + 640 <= interleaved.Length; start += 640)
            packets.Add(packet[..encoder.Encode(interleaved.AsSpan(start, 640), 320, packet, packet.Length)]);
        return packets;
    }
}
