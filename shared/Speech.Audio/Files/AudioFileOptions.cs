using Speech.Audio.Pcm;

namespace Speech.Audio.Files;

public sealed record AudioFileOptions
{
    /// <summary>Longer files are refused: a recording is held in memory, 64 kB a second.</summary>
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromHours(3);

    /// <summary>Sample rate of files without a header, in Hz.</summary>
    public int RawSampleRate { get; init; } = AudioRate.Model;

    /// <summary>Format of files without a header; null takes it from the extension (.f32 or .f32le: float; .raw, .pcm, .s16, .s16le: 16 bit).</summary>
    public SampleFormat? RawFormat { get; init; }
}
