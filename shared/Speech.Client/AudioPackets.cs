using Speech.Audio;
using Speech.Contracts.Sessions;

namespace Speech.Client;

/// <summary>A recording in memory to packets of 20 ms each, as they travel in binary frames.</summary>
public static class AudioPackets
{
    /// <summary>Of one packet: 20 ms.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromMilliseconds(20);

    /// <summary>The codecs that can be written here: all of the protocol's but WebM.</summary>
    public static IReadOnlyList<AudioCodec> Codecs { get; } = [.. Enum.GetValues<AudioCodec>().Except([AudioCodec.WebMOpus])];

    /// <summary>Encodes one packet after the other, as they are asked for; the last is filled up with silence.</summary>
    /// <param name="samples">16 kHz mono in -1..1.</param>
    /// <param name="codec">One of <see cref="Codecs"/>.</param>
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
