namespace Speech.Audio.Opus.Managed;

/// <summary>Concentus' samples, which are 16 bits wide, to ours.</summary>
internal static class SampleScale
{
    public static void ToFloat(ReadOnlySpan<short> from, Span<float> to)
    {
        for (var i = 0; i < from.Length; i++)
            to[i] = from[i] * (1 / 32768f);
    }
}
