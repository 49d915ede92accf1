using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Speech.Audio.Pcm;

namespace Speech.Audio.Wav;

/// <summary>Writes whole mono recordings as 16-bit PCM or 32-bit float WAV files.</summary>
public static class WavWriter
{
    private const int HeaderBytes = 44;

    /// <param name="samples">Mono, [-1, 1].</param>
    public static void Write(
        Stream stream, ReadOnlySpan<float> samples, int sampleRate = AudioRate.Model, SampleFormat format = SampleFormat.S16)
    {
        if (format is not (SampleFormat.S16 or SampleFormat.F32))
            throw new ArgumentOutOfRangeException(nameof(format), format, "S16 or F32.");
        var bytesPerSample = format.BytesPerSample();
        var dataBytes = (uint)checked(samples.Length * bytesPerSample);

        Span<byte> header = stackalloc byte[HeaderBytes];
        "RIFF"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], HeaderBytes - 8 + dataBytes);
        "WAVEfmt "u8.CopyTo(header[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], 16);
        BinaryPrimitives.WriteInt16LittleEndian(header[20..], (short)(format == SampleFormat.S16 ? 1 : 3));
        BinaryPrimitives.WriteInt16LittleEndian(header[22..], 1);
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], sampleRate);
        BinaryPrimitives.WriteInt32LittleEndian(header[28..], sampleRate * bytesPerSample);
        BinaryPrimitives.WriteInt16LittleEndian(header[32..], (short)bytesPerSample);
        BinaryPrimitives.WriteInt16LittleEndian(header[34..], (short)(8 * bytesPerSample));
        "data"u8.CopyTo(header[36..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[40..], dataBytes);
        stream.Write(header);

        if (format == SampleFormat.F32)
        {
            stream.Write(MemoryMarshal.AsBytes(samples));
            return;
        }
        Span<short> block = stackalloc short[2048];
        while (!samples.IsEmpty)
        {
            var part = samples[..Math.Min(block.Length, samples.Length)];
            PcmConverter.ToInt16(part, block);
            stream.Write(MemoryMarshal.AsBytes(block[..part.Length]));
            samples = samples[part.Length..];
        }
    }
}
