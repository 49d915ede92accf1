namespace Speech.Models.Whisper;

/// <summary>
/// A recording that is read as it is transcribed: memory does not depend on how long it is. A spectrogram is scaled by the loudest value of the
/// whole recording, so it is read twice: first for that, from end to end, then window by window. The results are those of the samples in memory.
/// </summary>
/// <remarks>openai/whisper and whisper.cpp hold the whole spectrogram. The loudest value: openai/whisper <c>audio.py</c>, log_spec.max() - 8.</remarks>
public sealed class LongRecording : ISpectrogram
{
    // A frame is made of samples around it: the windows of the two frames before it end after it begins.
    private const int FramesBefore = 2;

    private readonly WhisperModel _model;
    private readonly ISampleReader _reader;
    private readonly SlidingSamples _samples;
    private readonly float[] _mel;
    private readonly float _loudest;

    private LongRecording(WhisperModel model, ISampleReader reader, long sampleCount, float loudest)
    {
        _model = model;
        _reader = reader;
        _samples = new SlidingSamples(reader, Capacity(model));
        _mel = new float[Frames(model) * model.HyperParameters.MelCount];
        _loudest = loudest;
        SampleCount = sampleCount;
    }

    public long SampleCount { get; }

    /// <summary>Reads a recording to its end, and makes ready to read it again.</summary>
    /// <param name="open">Opens it at its start; called twice. What it throws comes through.</param>
    /// <param name="progress">Told the seconds read.</param>
    public static LongRecording Measure(
        WhisperModel model, Func<ISampleReader> open, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        var frames = Frames(model);
        var mel = new float[frames * model.HyperParameters.MelCount];
        var loudest = float.NegativeInfinity;
        long length;
        using (var reader = open())
        {
            var samples = new SlidingSamples(reader, Capacity(model));
            for (long first = 0; ; first += frames)
            {
                cancellationToken.ThrowIfCancellationRequested();
                loudest = Math.Max(loudest, Logarithms(model, samples, first, frames, mel));
                progress?.Report(samples.End / (double)LogMelSpectrogram.SampleRate);
                if (samples.HasEnded && first + frames >= LogMelSpectrogram.AudibleFrames(samples.End))
                    break;
            }

            length = samples.End;
        }

        return new LongRecording(model, open(), length, loudest);
    }

    AudioWindow ISpectrogram.Window(int first, int context)
    {
        // As in a whole spectrogram one frame of silence is the last one, which the encoder repeats.
        var frames = (int)Math.Min(2 * context, LogMelSpectrogram.AudibleFrames(SampleCount) + 1 - first);
        var mel = _mel.AsMemory(0, frames * _model.HyperParameters.MelCount);
        Logarithms(_model, _samples, first, frames, mel.Span);
        LogMelSpectrogram.Scale(mel.Span, _loudest);
        return new AudioWindow(mel, 0, context);
    }

    public void Dispose() => _reader.Dispose();

    private static int Frames(WhisperModel model) => 2 * model.HyperParameters.AudioContext;

    private static int Capacity(WhisperModel model) => LogMelSpectrogram.SamplesOf(Frames(model) + FramesBefore);

    private static float Logarithms(WhisperModel model, SlidingSamples samples, long first, int frames, Span<float> mel)
    {
        var before = (int)Math.Min(first, FramesBefore);
        var stretch = samples.MoveTo((first - before) * LogMelSpectrogram.HopLength, LogMelSpectrogram.SamplesOf(before + frames));
        return model.LogMel(stretch, before, frames, mel);
    }
}
