namespace Speech.Audio.Pcm;

/// <summary>How one sample is written; all little-endian, as in WAV files and on the wire.</summary>
public enum SampleFormat
{
    /// <summary>Unsigned 8 bit, silence at 128.</summary>
    U8,
    S16,
    S24,
    S32,
    F32,
    F64,

    /// <summary>G.711 µ-law, 8 bit logarithmic, as telephones in North America and Japan have it.</summary>
    MuLaw,

    /// <summary>G.711 A-law, as they have it elsewhere.</summary>
    ALaw,
}

public static class SampleFormatExtensions
{
    public static int BytesPerSample(this SampleFormat format) => format switch
    {
        SampleFormat.U8 or SampleFormat.MuLaw or SampleFormat.ALaw => 1,
        SampleFormat.S16 => 2,
        SampleFormat.S24 => 3,
        SampleFormat.S32 or SampleFormat.F32 => 4,
        SampleFormat.F64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, null),
    };
}
