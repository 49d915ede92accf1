using System.Buffers;
using System.Globalization;
using Speech.Audio.Ogg;
using Speech.Audio.Pcm;
using Speech.Audio.Resampling;
using Speech.Audio.Streams;
using Speech.Audio.Wav;

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
        options ??= new AudioFileOptions();
        var start = new byte[12];
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        var whole = new PrependedStream(start, stream);
        try
        {
            if (start.AsSpan().StartsWith("RIFF"u8))
                return LoadWav(whole, options);
            if (start.AsSpan().StartsWith("OggS"u8))
                return LoadOggOpus(whole, options);
            return RawFormat(name, options) is { } format
                ? LoadRaw(whole, format, options)
                : throw new AudioFormatException(Describe(start));
        }
        catch (AudioFormatException e)
        {
            throw new AudioFormatException($"{name}: {e.Message}", e);
        }
    }

    private static AudioClip LoadWav(Stream stream, AudioFileOptions options)
    {
        var reader = WavReader.Open(stream);
        var rate = reader.Format.SampleRate;
        var samples = Samples(options);
        using var resampler = rate == AudioRate.Model ? null : new Resampler(rate, AudioRate.Model);
        var block = new float[BlockSamples];
        while (reader.Read(block) is var read and > 0)
        {
            if (resampler is null)
                samples.Limited.Write(block.AsSpan(0, read));
            else
                resampler.Process(block.AsSpan(0, read), samples.Limited);
        }
        resampler?.Flush(samples.Limited);
        List<string> warnings = reader.IsTruncated ? ["the file is truncated: it ends before its header says"] : [];
        Describe(reader.Faults, warnings);
        return new AudioClip(samples.All.WrittenSpan.ToArray(), AudioContainer.Wav, rate, reader.Format.Channels, warnings);
    }

    private static AudioClip LoadOggOpus(Stream stream, AudioFileOptions options)
    {
        using var reader = new OggOpusReader();
        var samples = Samples(options);
        var block = new byte[BlockBytes];
        while (stream.ReadAtLeast(block, block.Length, throwOnEndOfStream: false) is var read and > 0)
            reader.Read(block.AsSpan(0, read), samples.Limited);
        if (reader.Head is not { } head)
            throw new AudioFormatException("There is no Opus stream in the Ogg file; only Opus is supported in Ogg.");
        var warnings = new List<string>();
        if (reader.CorruptPages > 0 || reader.SkippedBytes > 0)
            warnings.Add($"{reader.SkippedBytes} bytes were no valid Ogg and were skipped");
        if (reader.Gaps > 0)
            warnings.Add($"pages are missing in {reader.Gaps} places");
        if (reader.CorruptPackets > 0)
            warnings.Add($"{reader.CorruptPackets} Opus packets were corrupt and concealed");
        Describe(reader.Faults, warnings);
        return new AudioClip(samples.All.WrittenSpan.ToArray(), AudioContainer.OggOpus, (int)head.InputSampleRate, head.Channels, warnings);
    }

    private static AudioClip LoadRaw(Stream stream, SampleFormat format, AudioFileOptions options)
    {
        using var decoder = new PcmStreamDecoder(format, options.RawSampleRate, new AudioStreamLimits { MaxMessageSeconds = int.MaxValue });
        var samples = Samples(options);
        var block = new byte[BlockBytes];
        while (stream.Read(block) is var read and > 0)
            decoder.Decode(block.AsSpan(0, read), samples.Limited);
        decoder.Complete(samples.Limited);
        var warnings = new List<string>();
        Describe(decoder.Faults, warnings);
        return new AudioClip(samples.All.WrittenSpan.ToArray(), AudioContainer.RawPcm, options.RawSampleRate, 1, warnings);
    }

    private static void Describe(AudioFault faults, List<string> warnings)
    {
        foreach (var fault in Enum.GetValues<AudioFault>())
        {
            if (fault != AudioFault.None && faults.HasFlag(fault))
                warnings.Add(fault.Describe());
        }
    }

    private static (ArrayBufferWriter<float> All, LimitedSampleWriter Limited) Samples(AudioFileOptions options)
    {
        var all = new ArrayBufferWriter<float>(BlockSamples);
        var limit = (long)(options.MaxDuration.TotalSeconds * AudioRate.Model);
        var limited = new LimitedSampleWriter(limit, string.Create(CultureInfo.InvariantCulture, $"The recording is longer than {options.MaxDuration}."));
        return (all, limited.Over(all));
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
