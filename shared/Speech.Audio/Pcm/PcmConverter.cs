using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Speech.Audio.Pcm;

/// <summary>Bytes to samples in [-1, 1]: what every reader of uncompressed audio shares.</summary>
public static class PcmConverter
{
    /// <summary>Converts whole samples. NaN and infinities become 0, and floats are clamped to [-1, 1].</summary>
    /// <param name="bytes">Exactly <c>samples.Length * format.BytesPerSample()</c> bytes.</param>
    /// <param name="scale">What is known of the scale of the stream's floats, for formats of floats; null: they are what they should
    /// be.</param>
    public static void ToFloat(SampleFormat format, ReadOnlySpan<byte> bytes, Span<float> samples, FloatScale? scale = null)
    {
        if (bytes.Length != samples.Length * format.BytesPerSample())
            throw new ArgumentException($"{bytes.Length} bytes are not {samples.Length} samples of {format}.", nameof(bytes));
        switch (format)
        {
            case SampleFormat.U8:
                for (var i = 0; i < samples.Length; i++)
                    samples[i] = (bytes[i] - 128) / 128f;
                break;
            case SampleFormat.S16:
                for (var i = 0; i < samples.Length; i++)
                    samples[i] = BinaryPrimitives.ReadInt16LittleEndian(bytes[(2 * i)..]) / 32768f;
                break;
            case SampleFormat.S24:
                for (var i = 0; i < samples.Length; i++)
                    samples[i] = (bytes[3 * i] | (bytes[3 * i + 1] << 8) | ((sbyte)bytes[3 * i + 2] << 16)) / 8388608f;
                break;
            case SampleFormat.S32:
                for (var i = 0; i < samples.Length; i++)
                    samples[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * i)..]) / 2147483648f;
                break;
            case SampleFormat.F32:
                bytes.CopyTo(MemoryMarshal.AsBytes(samples));
                if (!BitConverter.IsLittleEndian)
                    BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<float, int>(samples), MemoryMarshal.Cast<float, int>(samples));
                ApplyScale(samples, scale);
                break;
            case SampleFormat.F64:
                for (var i = 0; i < samples.Length; i++)
                    samples[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * i)..]);
                ApplyScale(samples, scale);
                break;
            case SampleFormat.MuLaw:
                G711.MuLawToFloat(bytes, samples);
                break;
            case SampleFormat.ALaw:
                G711.ALawToFloat(bytes, samples);
                break;
        }
    }

    /// <summary>In place: NaN and infinities become 0, everything else is clamped to [-1, 1].</summary>
    public static void Sanitize(Span<float> samples)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(samples);
        foreach (ref var v in vectors)
        {
            // The difference of a number with itself is 0 unless it is NaN or infinite.
            var finite = Vector.Equals(v - v, Vector<float>.Zero);
            v = Vector.ConditionalSelect(finite, Vector.Min(Vector.Max(v, -Vector<float>.One), Vector<float>.One), Vector<float>.Zero);
        }
        foreach (ref var x in samples[(vectors.Length * Vector<float>.Count)..])
            x = Sane(x);
    }

    /// <summary>To signed 16 bit, rounded, clipped.</summary>
    public static void ToInt16(ReadOnlySpan<float> samples, Span<short> pcm)
    {
        for (var i = 0; i < samples.Length; i++)
            pcm[i] = (short)Math.Clamp(MathF.Round(Sane(samples[i]) * 32768f), short.MinValue, short.MaxValue);
    }

    private static void ApplyScale(Span<float> samples, FloatScale? scale)
    {
        if (scale is null)
            Sanitize(samples);
        else
            scale.Apply(samples);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sane(float x) => float.IsFinite(x) ? Math.Clamp(x, -1f, 1f) : 0f;
}
