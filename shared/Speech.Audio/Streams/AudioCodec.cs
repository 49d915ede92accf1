using System.Diagnostics.CodeAnalysis;

namespace Speech.Audio.Streams;

/// <summary>How a client sends audio over its WebSocket.</summary>
public enum AudioCodec
{
    /// <summary>"opus": each binary message is one Opus packet.</summary>
    Opus,

    /// <summary>"ogg_opus": the messages are pieces, cut anywhere, of an Ogg Opus byte stream.</summary>
    OggOpus,

    /// <summary>"pcm_s16le": pieces, cut anywhere, of mono signed 16-bit samples.</summary>
    PcmS16Le,

    /// <summary>"pcm_f32le": pieces, cut anywhere, of mono float32 samples.</summary>
    PcmF32Le,

    /// <summary>"mulaw": pieces of mono G.711 µ-law, a byte a sample.</summary>
    MuLaw,

    /// <summary>"alaw": pieces of mono G.711 A-law, a byte a sample.</summary>
    ALaw,

    /// <summary>"webm_opus": pieces, cut anywhere, of a WebM stream with Opus, as browsers' MediaRecorder makes it.</summary>
    WebMOpus,
}

public static class AudioCodecNames
{
    public static bool TryParse([NotNullWhen(true)] string? name, out AudioCodec codec)
    {
        (var known, codec) = name switch
        {
            "opus" => (true, AudioCodec.Opus),
            "ogg_opus" => (true, AudioCodec.OggOpus),
            "pcm_s16le" => (true, AudioCodec.PcmS16Le),
            "pcm_f32le" => (true, AudioCodec.PcmF32Le),
            "mulaw" => (true, AudioCodec.MuLaw),
            "alaw" => (true, AudioCodec.ALaw),
            "webm_opus" => (true, AudioCodec.WebMOpus),
            _ => (false, default),
        };
        return known;
    }

    /// <summary>The name in the protocol.</summary>
    public static string WireName(this AudioCodec codec) => codec switch
    {
        AudioCodec.Opus => "opus",
        AudioCodec.OggOpus => "ogg_opus",
        AudioCodec.PcmS16Le => "pcm_s16le",
        AudioCodec.PcmF32Le => "pcm_f32le",
        AudioCodec.MuLaw => "mulaw",
        AudioCodec.ALaw => "alaw",
        AudioCodec.WebMOpus => "webm_opus",
        _ => throw new ArgumentOutOfRangeException(nameof(codec), codec, null),
    };
}
