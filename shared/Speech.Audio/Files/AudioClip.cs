namespace Speech.Audio.Files;

/// <summary>A whole recording.</summary>
/// <param name="Samples">16 kHz mono in [-1, 1].</param>
/// <param name="SourceSampleRate">Hz, as the file says it (Opus: what its encoder was fed).</param>
/// <param name="Warnings">What was wrong with the file, though it could be read: truncated, damaged parts.</param>
public sealed record AudioClip(
    float[] Samples, AudioContainer Container, int SourceSampleRate, int SourceChannels, IReadOnlyList<string> Warnings)
{
    public TimeSpan Duration => TimeSpan.FromSeconds(Samples.Length / (double)AudioRate.Model);
}
