namespace Speech.Contracts;

/// <summary>What a client's binary frames hold.</summary>
public enum AudioCodec
{
    /// <summary>One Opus packet a frame.</summary>
    Opus,

    /// <summary>A stream of Ogg pages with Opus, cut anywhere.</summary>
    OggOpus,

    /// <summary>Samples of 16 bits, little-endian, one channel, cut anywhere.</summary>
    PcmS16Le,

    /// <summary>Samples of 32-bit floats, little-endian, one channel, cut anywhere.</summary>
    PcmF32Le,
}

public static class AudioCodecExtensions
{
    /// <summary>As written in <c>codec=</c>.</summary>
    public static string ToWireName(this AudioCodec codec) => codec switch
    {
        AudioCodec.OggOpus => "ogg_opus",
        AudioCodec.PcmS16Le => "pcm_s16le",
        AudioCodec.PcmF32Le => "pcm_f32le",
        _ => "opus",
    };

    public static bool IsPcm(this AudioCodec codec) => codec is AudioCodec.PcmS16Le or AudioCodec.PcmF32Le;
}
