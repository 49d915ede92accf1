namespace Speech.Models.Whisper;

/// <summary>A recording's samples from its start to its end: 16 kHz mono in -1..1.</summary>
public interface ISampleReader : IDisposable
{
    /// <returns>How many were read; 0 at the end.</returns>
    int Read(Span<float> samples);
}
