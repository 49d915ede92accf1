using Speech.Audio;
using Speech.Contracts;

namespace Speech.Gateway.Audio;

/// <summary>
/// Recognises, by the first bytes, a container where the client promised something else. Its bytes would pass for packets or samples,
/// and the client would get noise and no error.
/// </summary>
internal static class WrongContainer
{
    /// <param name="start">The first message of a stream.</param>
    /// <exception cref="AudioFormatException">It is a container that the codec does not have.</exception>
    public static void ThrowIfAt(ReadOnlySpan<byte> start, AudioCodec codec)
    {
        var hint = start.StartsWith("OggS"u8) && codec != AudioCodec.OggOpus ? "an Ogg stream: use codec=ogg_opus"
            : start.StartsWith("RIFF"u8) ? "a WAV file: send its samples without the header, as pcm_s16le or pcm_f32le"
            : start.StartsWith((ReadOnlySpan<byte>)[0x1A, 0x45, 0xDF, 0xA3]) ? "a WebM stream: send bare Opus packets or Ogg Opus"
            : null;
        if (hint is not null)
            throw new AudioFormatException($"codec is {codec.ToWireName()}, but this is {hint}");
    }
}
