using System.Buffers;

namespace Speech.Models.Whisper;

/// <summary>The spectrogram of samples that are in memory, made at once: for segments of speech, which are short.</summary>
internal sealed class WholeSpectrogram : ISpectrogram
{
    private readonly float[] _mel;
    private readonly int _length;

    public WholeSpectrogram(WhisperModel model, ReadOnlySpan<float> samples)
    {
        SampleCount = samples.Length;
        _length = model.MelLength(samples.Length);
        _mel = ArrayPool<float>.Shared.Rent(_length);
        model.LogMel(samples, _mel.AsSpan(0, _length));
    }

    public long SampleCount { get; }

    public AudioWindow Window(int first, int context) => new(_mel.AsMemory(0, _length), first, context);

    public void Dispose() => ArrayPool<float>.Shared.Return(_mel);
}
