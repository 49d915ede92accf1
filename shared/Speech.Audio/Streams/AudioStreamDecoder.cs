using System.Buffers;
using Speech.Audio.Ogg;
using Speech.Audio.Pcm;
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

/// <summary>Decoders by the names that codecs have in the protocol.</summary>
public static class AudioStreamDecoder
{
    private delegate IAudioStreamDecoder Maker(int sampleRate, AudioStreamLimits limits, int channels);

    private static readonly Dictionary<string, Maker> Makers = new()
    {
        ["opus"] = (_, limits, _) => new OpusStreamDecoder(limits),
        ["ogg_opus"] = (_, limits, _) => new OpusContainerDecoder(limits, new OggOpusReader()),
        ["webm_opus"] = (_, limits, _) => new OpusContainerDecoder(limits, new WebMOpusReader()),
        ["pcm_s16le"] = Samples(SampleFormat.S16),
        ["pcm_f32le"] = Samples(SampleFormat.F32),
        ["mulaw"] = Samples(SampleFormat.MuLaw),
        ["alaw"] = Samples(SampleFormat.ALaw),
    };

    /// <summary>
    /// What there is: one packet of Opus a message (<c>opus</c>), or pieces, cut anywhere, of a container (<c>ogg_opus</c>,
    /// <c>webm_opus</c>) or of samples (<c>pcm_s16le</c>, <c>pcm_f32le</c>, <c>mulaw</c>, <c>alaw</c>).
    /// </summary>
    public static IReadOnlyCollection<string> Codecs => Makers.Keys;

    /// <param name="codec">One of <see cref="Codecs"/>.</param>
    /// <param name="sampleRate">Hz of PCM, 1 kHz to 384 kHz; Opus needs none and ignores it.</param>
    /// <param name="limits">Of one message.</param>
    /// <param name="channels">Of PCM, 1 to 8, their samples one after another; Opus needs none and ignores it.</param>
    /// <exception cref="AudioFormatException">The sample rate or the number of channels is out of range.</exception>
    public static IAudioStreamDecoder Create(
        string codec, int sampleRate = AudioRate.Model, AudioStreamLimits? limits = null, int channels = 1) =>
        Makers.TryGetValue(codec, out var make)
            ? make(sampleRate, limits ?? new AudioStreamLimits(), channels)
            : throw new ArgumentOutOfRangeException(nameof(codec), codec, "There is no such codec.");

    private static Maker Samples(SampleFormat format) =>
        (sampleRate, limits, channels) => new PcmStreamDecoder(format, sampleRate, limits, channels);

    internal static void RequireLength(ReadOnlySpan<byte> message, int maxBytes)
    {
        if (message.Length > maxBytes)
            throw new AudioFormatException($"A message of {message.Length} bytes of audio is longer than {maxBytes}.");
    }
}
