using Speech.Audio.Pcm;

namespace Speech.Audio.Wav;

/// <param name="Channels">1 to 64.</param>
/// <param name="SampleRate">Hz.</param>
public readonly record struct WavFormat(SampleFormat Samples, int Channels, int SampleRate)
{
    /// <summary>Bytes of one sample of every channel.</summary>
    public int FrameBytes => Channels * Samples.BytesPerSample();
}
