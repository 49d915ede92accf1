using System.Buffers;
using System.Globalization;
using Speech.Audio.Ogg;
using Speech.Audio.Pcm;
using Speech.Audio.WebM;

namespace Speech.Audio.Files;

/// <summary>
/// Loads a recording, whatever it is in, as 16 kHz mono: WAV and Ogg Opus are known by their first bytes, raw PCM
/// by the file's extension or the options.
/// </summary>
public static class AudioFile
{
    private const string Supported =
        "WAV, Ogg Opus, WebM with Opus and raw PCM (.raw, .pcm, .s16, .f32) can be read. Others can be converted: ffmpeg -i FILE -ac 1 -ar 16000 out.wav";

    /// <summary>Enough for all but MP3 and AAC, which have no magic.</summary>
    private const int MagicBytes = 12;

    private const int BlockBytes = 64 * 1024;
    private const int BlockSamples = 16 * 1024;

    /// <exception cref="AudioFormatException">The file's content is at fault; the message names the file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static AudioClip Load(string path, AudioFileOptions? options = null)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: BlockBytes);
        return Load(stream, path, options);
    }

    /// <param name="stream">Need not be seekable; stays the caller's.</param>
    /// <param name="name">A file name for messages and, by its extension, for raw PCM.</param>
    public static AudioClip Load(Stream stream, string name, AudioFileOptions? options = null)
    {
        try
        {
            return LoadAll(stream, name, options ?? new AudioFileOptions());
        }
        catch (AudioFormatException e)
        {
            throw new AudioFormatException($"{name}: {e.Message}", e);
        }
    }

    private static AudioClip LoadAll(Stream stream, string name, AudioFileOptions options)
    {
        using var reader = AudioReader.Open(stream, name, options);
        var samples = new ArrayBufferWriter<float>(BlockSamples);
        var limit = (long)(options.MaxDuration.TotalSeconds * AudioRate.Model);
        while (reader.Read(samples.GetSpan(BlockSamples)) is var read and > 0)
        {
            samples.Advance(read);
            if (samples.WrittenCount > limit)
                throw new AudioFormatException(
                    string.Create(CultureInfo.InvariantCulture, $"The recording is longer than {options.MaxDuration}."));
        }
        return new AudioClip(
            samples.WrittenSpan.ToArray(), reader.Container, reader.SourceSampleRate, reader.SourceChannels, reader.Warnings);
    }

    internal static AudioSource OpenSource(Stream stream, string name, AudioFileOptions options)
    {
        var start = new byte[AudioSignature.MaxBytes];
        var read = stream.ReadAtLeast(start.AsSpan(0, MagicBytes), MagicBytes, throwOnEndOfStream: false);
        var format = RawFormat(name, options);
        // A live stream of samples is not waited for; whatever else is no magic is nothing that can be read, only named.
        if (!AudioSignature.TryRecognise(start.AsSpan(0, read), framesInARow: 2, out var signature) && format is null && read == MagicBytes)
        {
            read += stream.ReadAtLeast(start.AsSpan(read), start.Length - read, throwOnEndOfStream: false);
            AudioSignature.TryRecognise(start.AsSpan(0, read), framesInARow: 2, out signature);
        }
        var whole = new PrependedStream(start.AsMemory(0, read), stream);
        return signature switch
        {
            { Container: AudioContainer.Wav } => new WavSource(whole),
            { Container: AudioContainer.OggOpus } => new OpusSource(whole, AudioContainer.OggOpus, new OggOpusReader()),
            { Container: AudioContainer.WebM } => new OpusSource(whole, AudioContainer.WebM, new WebMOpusReader()),
            not null => throw new AudioFormatException($"This is {signature.Name}, which is not supported. {Supported}"),
            null when format is not null => new RawSource(whole, format.Value, options.RawSampleRate, options.RawChannels),
            null => throw new AudioFormatException($"{(read == 0 ? "The file is empty" : "The format is not known")}. {Supported}"),
        };
    }

    private static SampleFormat? RawFormat(string name, AudioFileOptions options) =>
        options.RawFormat ?? Path.GetExtension(name).ToLowerInvariant() switch
        {
            ".raw" or ".pcm" or ".s16" or ".s16le" => SampleFormat.S16,
            ".f32" or ".f32le" => SampleFormat.F32,
            _ => null,
        };
}
