using System.Buffers;
using System.Globalization;
using Speech.Audio.Pcm;

namespace Speech.Audio.Files;

/// <summary>
/// Loads a recording, whatever it is in, as 16 kHz mono: WAV and Ogg Opus are known by their first bytes, raw PCM
/// by the file's extension or the options.
/// </summary>
public static class AudioFile
{
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
                throw new AudioFormatException(string.Create(CultureInfo.InvariantCulture, $"The recording is longer than {options.MaxDuration}."));
        }
        return new AudioClip(samples.WrittenSpan.ToArray(), reader.Container, reader.SourceSampleRate, reader.SourceChannels, reader.Warnings);
    }

    internal static AudioSource OpenSource(Stream stream, string name, AudioFileOptions options)
    {
        var start = new byte[12];
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        var whole = new PrependedStream(start, stream);
        if (start.AsSpan().StartsWith("RIFF"u8))
            return new WavSource(whole);
        if (start.AsSpan().StartsWith("OggS"u8))
            return new OggOpusSource(whole);
        return RawFormat(name, options) is { } format
            ? new RawSource(whole, format, options.RawSampleRate, options.RawChannels)
            : throw new AudioFormatException(Describe(start));
    }

    private static SampleFormat? RawFormat(string name, AudioFileOptions options) => options.RawFormat ?? Path.GetExtension(name).ToLowerInvariant() switch
    {
        ".raw" or ".pcm" or ".s16" or ".s16le" => SampleFormat.S16,
        ".f32" or ".f32le" => SampleFormat.F32,
        _ => null,
    };

    private static string Describe(ReadOnlySpan<byte> start)
    {
        var kind = start.IsEmpty ? "The file is empty"
            : start.StartsWith("fLaC"u8) ? "FLAC is not supported"
            : start.StartsWith("ID3"u8) || start is [0xFF, 0xFB or 0xF3 or 0xF2, ..] ? "MP3 is not supported"
            : start.Length >= 8 && start[4..].StartsWith("ftyp"u8) ? "MP4 is not supported"
            : start.StartsWith((ReadOnlySpan<byte>)[0x1A, 0x45, 0xDF, 0xA3]) ? "WebM is not supported"
            : start.StartsWith("RIFX"u8) || start.StartsWith("RF64"u8) ? "This variety of WAV is not supported"
            : "The format is not known";
        return $"{kind}: WAV, Ogg Opus and raw PCM (.raw, .pcm, .s16, .f32) can be read. "
            + "Others can be converted: ffmpeg -i FILE -ac 1 -ar 16000 out.wav";
    }
}
