using System.Buffers;

namespace Speech.Audio.Tests;

internal static class Signals
{
    public static float[] Sine(double frequency, int sampleRate, int samples, double amplitude = 0.5) =>
        [.. Enumerable.Range(0, samples).Select(i => (float)(amplitude * Math.Sin(2 * Math.PI * frequency * i / sampleRate)))];

    public static float[] Noise(int samples, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, samples).Select(_ => random.NextSingle() - 0.5f)];
    }

    public static double Energy(ReadOnlySpan<float> samples)
    {
        var sum = 0.0;
        foreach (var sample in samples)
            sum += sample * sample;
        return sum;
    }

    /// <summary>Signal to noise in dB, the noise being what differs from the signal.</summary>
    public static double Snr(ReadOnlySpan<float> signal, ReadOnlySpan<float> other)
    {
        var noise = 0.0;
        for (var i = 0; i < signal.Length; i++)
            noise += (signal[i] - (double)other[i]) * (signal[i] - (double)other[i]);
        return 10 * Math.Log10(Energy(signal) / noise);
    }

    /// <summary>How much of a signal is a sine of this frequency: its power over the power of all the rest, in dB.</summary>
    public static double SinePurity(ReadOnlySpan<float> samples, double frequency, int sampleRate)
    {
        // Least squares for a*sin + b*cos.
        double ss = 0, cc = 0, sc = 0, xs = 0, xc = 0;
        for (var i = 0; i < samples.Length; i++)
        {
            var (s, c) = Math.SinCos(2 * Math.PI * frequency * i / sampleRate);
            (ss, cc, sc, xs, xc) = (ss + s * s, cc + c * c, sc + s * c, xs + samples[i] * s, xc + samples[i] * c);
        }
        var determinant = ss * cc - sc * sc;
        var (a, b) = ((xs * cc - xc * sc) / determinant, (xc * ss - xs * sc) / determinant);
        double sine = 0, rest = 0;
        for (var i = 0; i < samples.Length; i++)
        {
            var (s, c) = Math.SinCos(2 * Math.PI * frequency * i / sampleRate);
            var fit = a * s + b * c;
            (sine, rest) = (sine + fit * fit, rest + (samples[i] - fit) * (samples[i] - fit));
        }
        return 10 * Math.Log10(sine / rest);
    }

    /// <summary>Cuts of random sizes, some of them zero.</summary>
    public static IEnumerable<Range> Pieces(int length, int seed, int largest)
    {
        var random = new Random(seed);
        for (var start = 0; start < length;)
        {
            var end = Math.Min(length, start + random.Next(largest + 1));
            yield return start..end;
            start = end;
        }
    }

    public static float[] Collect(Action<IBufferWriter<float>> produce)
    {
        var output = new ArrayBufferWriter<float>();
        produce(output);
        return output.WrittenSpan.ToArray();
    }

    public static byte[] CollectBytes(Action<IBufferWriter<byte>> produce)
    {
        var output = new ArrayBufferWriter<byte>();
        produce(output);
        return output.WrittenSpan.ToArray();
    }
}
