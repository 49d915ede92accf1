using System.Numerics;
using System.Runtime.InteropServices;

namespace Speech.Audio.Pcm;

/// <summary>
/// Float samples should lie in [-1, 1]. Those of a sender that converted 16-bit samples and forgot to divide lie in the thousands, and
/// clipped they would be noise. When enough samples are far beyond what any sound mix reaches, all that follow are divided by 32768. Not
/// thread-safe.
/// </summary>
public sealed class FloatScale
{
    /// <summary>18 dB beyond full scale.</summary>
    private const float FarBeyond = 8;

    /// <summary>More is no 16-bit sample, but garbage.</summary>
    private const float LargestInteger = 32768;

    /// <summary>One damaged sample must not make silence of the rest of the stream.</summary>
    private const int Enough = 32;

    private int _beyond;

    /// <summary>Whether samples are taken for integers.</summary>
    public bool IsInteger => _beyond >= Enough;

    /// <summary>In place: to [-1, 1]; NaN and infinities become 0.</summary>
    public void Apply(Span<float> samples)
    {
        if (!IsInteger && AreAllWithin(samples))
        {
            PcmConverter.Sanitize(samples);
            return;
        }
        var first = 0;
        for (; first < samples.Length && !IsInteger; first++)
        {
            if (MathF.Abs(samples[first]) is > FarBeyond and <= LargestInteger)
                _beyond++;
        }
        foreach (ref var sample in samples[first..])
            sample /= LargestInteger;
        PcmConverter.Sanitize(samples);
    }

    private static bool AreAllWithin(ReadOnlySpan<float> samples)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(samples);
        foreach (var v in vectors)
        {
            if (Vector.GreaterThanAny(Vector.Abs(v), new Vector<float>(FarBeyond)))
                return false;
        }
        foreach (var x in samples[(vectors.Length * Vector<float>.Count)..])
        {
            if (MathF.Abs(x) > FarBeyond)
                return false;
        }
        return true;
    }
}
