using Speech.Audio.Pcm;

namespace Speech.Audio.Files;

public sealed record AudioFileOptions
{
    /// <summary>
    /// What <see cref="AudioFile.Load(string, AudioFileOptions?)"/> refuses to hold in memory, 64 kB a second; an <see cref="AudioReader"/>
    /// has no limit.
    /// </summary>
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromHours(3);

    /// <summary>Sample rate of files without a header, in Hz.</summary>
    public int RawSampleRate { get; init; } = AudioRate.Model;

    /// <summary>Channels of files without a header, 1 to 64, interleaved; mixed.</summary>
    public int RawChannels { get; init; } = 1;

    /// <summary>
    /// Format of files without a header; null takes it from the extension (.f32 or .f32le: float; .raw, .pcm, .s16, .s16le: 16 bit).
    /// </summary>
    public SampleFormat? RawFormat { get; init; }
}
