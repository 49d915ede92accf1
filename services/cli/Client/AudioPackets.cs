using Speech.Audio;
using Speech.Contracts;

namespace Speech.Cli.Client;

/// <summary>A recording in memory to packets of 20 ms each; see <see cref="PacketEncoder"/>.</summary>
internal static class AudioPackets
{
    public static readonly TimeSpan Duration = TimeSpan.FromMilliseconds(20);

    /// <summary>Encodes one packet after the other, as they are asked for; the last is filled up with silence.</summary>
    /// <param name="samples">16 kHz mono in -1..1.</param>
    /// <param name="tail">Silence sent after the samples, so that speech that ends with them is heard to end.</param>
    /// <returns>Packets, each valid until the next is asked for; one for every 20 ms, and for Ogg one more that ends the stream.</returns>
    public static IEnumerable<ReadOnlyMemory<byte>> Encode(ReadOnlyMemory<float> samples, AudioCodec codec, TimeSpan tail = default)
    {
        using var encoder = PacketEncoder.Create(codec);
        foreach (var frame in Frames(samples, (long)(tail.TotalSeconds * AudioRate.Model)))
            yield return encoder.Encode(frame.Span);
        if (encoder.Complete() is { IsEmpty: false } end)
            yield return end;
    }

    private static IEnumerable<ReadOnlyMemory<float>> Frames(ReadOnlyMemory<float> samples, long tailSamples)
    {
        var frame = new float[PacketEncoder.FrameSamples];
        for (long position = 0; position < samples.Length + tailSamples; position += PacketEncoder.FrameSamples)
        {
            var rest = samples[(int)Math.Min(position, samples.Length)..];
            var count = Math.Min(rest.Length, PacketEncoder.FrameSamples);
            rest.Span[..count].CopyTo(frame);
            frame.AsSpan(count).Clear();
            yield return frame;
        }
    }
}
