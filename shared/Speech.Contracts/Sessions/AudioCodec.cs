namespace Speech.Contracts.Sessions;

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

    /// <summary>G.711 µ-law, a byte a sample, one channel, cut anywhere; 8 kHz unless <c>sample_rate</c> says otherwise.</summary>
    MuLaw,

    /// <summary>G.711 A-law, likewise.</summary>
    ALaw,

    /// <summary>A WebM stream with Opus, as browsers' MediaRecorder makes it, cut anywhere.</summary>
    WebMOpus,
}

public static class AudioCodecExtensions
{
    /// <summary>As written in <c>codec=</c>.</summary>
    public static string ToWireName(this AudioCodec codec) => codec switch
    {
        AudioCodec.OggOpus => "ogg_opus",
        AudioCodec.PcmS16Le => "pcm_s16le",
        AudioCodec.PcmF32Le => "pcm_f32le",
        AudioCodec.MuLaw => "mulaw",
        AudioCodec.ALaw => "alaw",
        AudioCodec.WebMOpus => "webm_opus",
        _ => "opus",
    };

    /// <summary>Samples without packets, of which the sample rate must be known.</summary>
    public static bool IsPcm(this AudioCodec codec) => codec is AudioCodec.PcmS16Le or AudioCodec.PcmF32Le || codec.IsG711();

    /// <summary>Telephony's samples, whose usual rate needs no word.</summary>
    public static bool IsG711(this AudioCodec codec) => codec is AudioCodec.MuLaw or AudioCodec.ALaw;
}
