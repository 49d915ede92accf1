using System.Buffers;
using Speech.Audio.Ogg;
using Speech.Audio.WebM;

namespace Speech.Audio.Streams;

/// <summary>What a client may send in one message.</summary>
public sealed record AudioStreamLimits
{
    public int MaxMessageBytes { get; init; } = 1024 * 1024;

    /// <summary>Audio that one message may decode to; a few bytes of Opus can stand for minutes.</summary>
    public int MaxMessageSeconds { get; init; } = 120;
}

/// <summary>One client's audio, message by message, to 16 kHz mono. Not thread-safe.</summary>
public interface IAudioStreamDecoder : IDisposable
{
    /// <summary>
    /// Audio that could not be decoded and was concealed or passed over: corrupt packets, pages with wrong checksums, gaps.
    /// </summary>
    long DamagedParts { get; }

    /// <summary>What was found wrong with the audio so far, though it is heard.</summary>
    AudioFault Faults => AudioFault.None;

    /// <summary>Decodes one message.</summary>
    /// <param name="output">Takes samples in [-1, 1].</param>
    /// <exception cref="AudioFormatException">
    /// The message is too large, or the stream is not what it should be; the stream cannot go on.
    /// </exception>
    void Decode(ReadOnlySpan<byte> message, IBufferWriter<float> output);

    /// <summary>At the end of the audio: writes what a filter held back. Nothing can be decoded afterwards.</summary>
    /// <exception cref="AudioFormatException">Nothing that came was audio of the codec.</exception>
    void Complete(IBufferWriter<float> output);
}

public static class AudioStreamDecoder
{
    /// <param name="sampleRate">Hz of PCM, 1 kHz to 384 kHz; Opus needs none and ignores it.</param>
    /// <param name="channels">Of PCM, 1 to 8, their samples one after another; Opus needs none and ignores it.</param>
    /// <exception cref="AudioFormatException">The sample rate or the number of channels is out of range.</exception>
    public static IAudioStreamDecoder Create(
        AudioCodec codec, int sampleRate = AudioRate.Model, AudioStreamLimits? limits = null, int channels = 1)
    {
        limits ??= new AudioStreamLimits();
        return codec switch
        {
            AudioCodec.Opus => new OpusStreamDecoder(limits),
            AudioCodec.OggOpus => new OpusContainerDecoder(limits, new OggOpusReader()),
            AudioCodec.WebMOpus => new OpusContainerDecoder(limits, new WebMOpusReader()),
            AudioCodec.PcmS16Le => new PcmStreamDecoder(Pcm.SampleFormat.S16, sampleRate, limits, channels),
            AudioCodec.PcmF32Le => new PcmStreamDecoder(Pcm.SampleFormat.F32, sampleRate, limits, channels),
            AudioCodec.MuLaw => new PcmStreamDecoder(Pcm.SampleFormat.MuLaw, sampleRate, limits, channels),
            AudioCodec.ALaw => new PcmStreamDecoder(Pcm.SampleFormat.ALaw, sampleRate, limits, channels),
            _ => throw new ArgumentOutOfRangeException(nameof(codec), codec, null),
        };
    }

    internal static void RequireLength(ReadOnlySpan<byte> message, int maxBytes)
    {
        if (message.Length > maxBytes)
            throw new AudioFormatException($"A message of {message.Length} bytes of audio is longer than {maxBytes}.");
    }
}
