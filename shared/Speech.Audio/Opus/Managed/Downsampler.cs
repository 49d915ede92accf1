using Concentus;

namespace Speech.Audio.Opus.Managed;

/// <summary>
/// What was decoded at 48 kHz to a lower rate of Opus, packet by packet, 3 ms late. Not thread-safe.
/// </summary>
internal sealed class Downsampler(int toRate, int channels) : IDisposable
{
    public const int FromRate = 48_000;

    // Up to 7 kHz at 16 kHz nothing is lost, and nothing above 8 kHz comes through (-106 dB).
    private const int Quality = 6;

    private readonly IResampler _resampler = ResamplerFactory.CreateResampler(channels, FromRate, toRate, Quality);
    private readonly float[] _input = new float[FromRate * 120 / 1000 * channels];

    public int Factor { get; } = FromRate / toRate;

    /// <param name="decoded">A multiple of <see cref="Factor"/> samples of each channel.</param>
    public void Process(ReadOnlySpan<short> decoded, Span<float> pcm)
    {
        SampleScale.ToFloat(decoded, _input);
        var (from, to) = (decoded.Length / channels, decoded.Length / channels / Factor);
        _resampler.ProcessInterleaved(_input.AsSpan(0, decoded.Length), ref from, pcm, ref to);
    }

    public void Reset() => _resampler.ResetMem();

    public void Dispose() => _resampler.Dispose();
}
