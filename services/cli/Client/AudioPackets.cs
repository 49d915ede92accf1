using System.Buffers;
using System.Buffers.Binary;
using Speech.Audio;
using Speech.Audio.Ogg;
using Speech.Audio.Opus;
using Speech.Audio.Pcm;
using Speech.Contracts;

namespace Speech.Cli.Client;

/// <summary>Samples to what travels in one binary frame: 20 ms each, in one of the protocol's codecs.</summary>
internal static class AudioPackets
{
    public static readonly TimeSpan Duration = TimeSpan.FromMilliseconds(20);

    /// <summary>Those that can be written here.</summary>
    public static readonly AudioCodec[] Codecs = [.. Enum.GetValues<AudioCodec>().Except([AudioCodec.WebMOpus])];

    private const int FrameSamples = AudioRate.Model / 50;

    /// <summary>Encodes one packet after the other, as they are asked for; the last is filled up with silence.</summary>
    /// <param name="samples">16 kHz mono in -1..1.</param>
    /// <param name="tail">Silence sent after the samples, so that speech that ends with them is heard to end.</param>
    /// <returns>Packets, each valid until the next is asked for; one for every 20 ms, and for Ogg one more that ends the stream.</returns>
    /// <exception cref="MissingNativeLibraryException">libopus is needed and not installed.</exception>
    public static IEnumerable<ReadOnlyMemory<byte>> Encode(ReadOnlyMemory<float> samples, AudioCodec codec, TimeSpan tail = default)
    {
        var frames = Frames(samples, (long)(tail.TotalSeconds * AudioRate.Model));
        return codec switch
        {
            AudioCodec.Opus => Opus(frames),
            AudioCodec.OggOpus => OggOpus(frames),
            AudioCodec.PcmS16Le => Pcm16(frames),
            AudioCodec.PcmF32Le => PcmFloat(frames),
            AudioCodec.MuLaw => Companded(frames, G711.EncodeMuLaw),
            AudioCodec.ALaw => Companded(frames, G711.EncodeALaw),
            _ => throw new ArgumentOutOfRangeException(nameof(codec), codec, null),
        };
    }

    private static IEnumerable<ReadOnlyMemory<float>> Frames(ReadOnlyMemory<float> samples, long tailSamples)
    {
        var frame = new float[FrameSamples];
        for (long position = 0; position < samples.Length + tailSamples; position += FrameSamples)
        {
            var rest = samples[(int)Math.Min(position, samples.Length)..];
            var count = Math.Min(rest.Length, FrameSamples);
            rest.Span[..count].CopyTo(frame);
            frame.AsSpan(count).Clear();
            yield return frame;
        }
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Opus(IEnumerable<ReadOnlyMemory<float>> frames)
    {
        using var encoder = new OpusEncoder();
        var packet = new byte[OpusEncoder.MaxPacketBytes];
        foreach (var frame in frames)
            yield return packet.AsMemory(0, encoder.Encode(frame.Span, packet));
    }

    private static IEnumerable<ReadOnlyMemory<byte>> OggOpus(IEnumerable<ReadOnlyMemory<float>> frames)
    {
        using var encoder = new OpusEncoder();
        var preSkip48k = encoder.LookaheadSamples * (48_000 / AudioRate.Model);
        var pages = new ArrayBufferWriter<byte>();
        var writer = new OggOpusWriter(pages, new OpusHead(1, preSkip48k, AudioRate.Model, 0), serial: 1);
        var packet = new byte[OpusEncoder.MaxPacketBytes];
        foreach (var frame in frames)
        {
            writer.WritePacket(packet.AsSpan(0, encoder.Encode(frame.Span, packet)));
            yield return pages.WrittenMemory;
            pages.ResetWrittenCount();
        }

        writer.Complete();
        yield return pages.WrittenMemory;
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Pcm16(IEnumerable<ReadOnlyMemory<float>> frames)
    {
        var samples = new short[FrameSamples];
        var bytes = new byte[FrameSamples * sizeof(short)];
        foreach (var frame in frames)
        {
            PcmConverter.ToInt16(frame.Span, samples);
            for (var i = 0; i < samples.Length; i++)
                BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(i * sizeof(short)), samples[i]);
            yield return bytes;
        }
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Companded(IEnumerable<ReadOnlyMemory<float>> frames, Func<short, byte> encode)
    {
        var samples = new short[FrameSamples];
        var bytes = new byte[FrameSamples];
        foreach (var frame in frames)
        {
            PcmConverter.ToInt16(frame.Span, samples);
            for (var i = 0; i < samples.Length; i++)
                bytes[i] = encode(samples[i]);
            yield return bytes;
        }
    }

    private static IEnumerable<ReadOnlyMemory<byte>> PcmFloat(IEnumerable<ReadOnlyMemory<float>> frames)
    {
        var bytes = new byte[FrameSamples * sizeof(float)];
        foreach (var frame in frames)
        {
            for (var i = 0; i < FrameSamples; i++)
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), frame.Span[i]);
            yield return bytes;
        }
    }
}
