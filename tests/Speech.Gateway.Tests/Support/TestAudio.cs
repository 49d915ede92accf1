using System.Buffers;
using System.Runtime.InteropServices;
using Speech.Audio.Files;
using Speech.Audio.Ogg;
using Speech.Audio.Opus;
using Speech.Audio.Pcm;
using Speech.Audio.Streams;
using Speech.Contracts.Sessions;

namespace Speech.Gateway.Tests.Support;

/// <summary>A recording as a client sends it, and as the gateway must hear it.</summary>
internal static class TestAudio
{
    private static readonly Lazy<float[]> JfkSamples = new(() => AudioFile.Load(Checkout.Path("shared/recordings/jfk/jfk.wav")).Samples);

    /// <summary>Eleven seconds of Kennedy, with pauses; 16 kHz.</summary>
    public static float[] Jfk => JfkSamples.Value;

    /// <summary>The first phrase, which goes on at its end.</summary>
    public static float[] Phrase => Jfk[..(2 * 16000)];

    public static float[] Silence(double seconds) => new float[(int)(seconds * 16000)];

    /// <summary>The recording a number of times, with a second of silence after each.</summary>
    public static float[] Repeat(float[] samples, int times) =>
        [.. Enumerable.Range(0, times).SelectMany(_ => (float[])[.. samples, .. Silence(1)])];

    /// <summary>Messages of 20 ms or, of the byte streams, of sizes that cut anywhere.</summary>
    public static byte[][] Encode(float[] samples, AudioCodec codec) => codec switch
    {
        AudioCodec.Opus => [.. Packets(samples)],
        AudioCodec.OggOpus => Split(Ogg(samples), 777),
        AudioCodec.PcmS16Le => Split(Pcm16(samples), 641),
        _ => Split(MemoryMarshal.AsBytes(samples.AsSpan()).ToArray(), 1281),
    };

    /// <summary>What the messages sound like at the other end.</summary>
    public static float[] Decode(byte[][] messages, AudioCodec codec)
    {
        using var decoder = AudioStreamDecoder.Create(codec.ToWireName());
        var samples = new ArrayBufferWriter<float>();
        foreach (var message in messages)
            decoder.Decode(message, samples);
        decoder.Complete(samples);
        return samples.WrittenSpan.ToArray();
    }

    public static byte[] Pcm16(ReadOnlySpan<float> samples)
    {
        var pcm = new short[samples.Length];
        PcmConverter.ToInt16(samples, pcm);
        return MemoryMarshal.AsBytes(pcm.AsSpan()).ToArray();
    }

    private static List<byte[]> Packets(float[] samples)
    {
        using var encoder = new OpusEncoder();
        var packets = new List<byte[]>();
        var packet = new byte[OpusEncoder.MaxPacketBytes];
        for (var start = 0; start + encoder.FrameSamples <= samples.Length; start += encoder.FrameSamples)
            packets.Add(packet[..encoder.Encode(samples.AsSpan(start, encoder.FrameSamples), packet)]);
        return packets;
    }

    private static byte[] Ogg(float[] samples)
    {
        var file = new ArrayBufferWriter<byte>();
        OggOpusWriter.WriteFile(file, samples);
        return file.WrittenSpan.ToArray();
    }

    private static byte[][] Split(byte[] bytes, int size) => [.. bytes.Chunk(size)];
}
