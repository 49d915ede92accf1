using System.Buffers;
using Speech.Audio.Streams;
using Speech.Contracts.Sessions;

namespace Speech.Client.Tests;

public sealed class AudioPacketsTests
{
    [Theory]
    [InlineData(AudioCodec.Opus)]
    [InlineData(AudioCodec.OggOpus)]
    [InlineData(AudioCodec.PcmS16Le)]
    [InlineData(AudioCodec.PcmF32Le)]
    [InlineData(AudioCodec.MuLaw)]
    [InlineData(AudioCodec.ALaw)]
    public void What_a_gateway_decodes_is_what_was_sent(AudioCodec codec)
    {
        var samples = Enumerable.Range(0, 10_000).Select(i => 0.5f * MathF.Sin(i * 0.06f)).ToArray();
        var decoded = Decode(codec, AudioPackets.Encode(samples, codec));

        decoded.Length.ShouldBeInRange(samples.Length - 320, samples.Length + 319);
        Energy(decoded).ShouldBe(Energy(samples), tolerance: 0.05 * Energy(samples));
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 0, 1)]
    [InlineData(320, 0, 1)]
    [InlineData(321, 0, 2)]
    [InlineData(320, 30, 3)]
    [InlineData(100, 20, 2)]
    public void There_is_a_packet_for_every_20_ms_and_the_tail(int samples, int tailMilliseconds, int packets) =>
        AudioPackets.Encode(new float[samples], AudioCodec.Opus, TimeSpan.FromMilliseconds(tailMilliseconds)).Count().ShouldBe(packets);

    [Fact]
    public void A_last_packet_is_filled_up_with_silence()
    {
        float[] samples = [.. Enumerable.Repeat(0.5f, 321)];
        var last = Decode(AudioCodec.PcmF32Le, AudioPackets.Encode(samples, AudioCodec.PcmF32Le))[320..];
        last[0].ShouldBe(0.5f);
        last[1..].ShouldAllBe(sample => sample == 0);
    }

    private static double Energy(float[] samples) => samples.Sum(sample => (double)sample * sample);

    private static float[] Decode(AudioCodec codec, IEnumerable<ReadOnlyMemory<byte>> packets)
    {
        using var decoder = AudioStreamDecoder.Create(codec.ToWireName());
        var output = new ArrayBufferWriter<float>();
        foreach (var packet in packets)
            decoder.Decode(packet.Span, output);
        decoder.Complete(output);
        return output.WrittenSpan.ToArray();
    }
}
