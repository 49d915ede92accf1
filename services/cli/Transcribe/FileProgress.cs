namespace Speech.Cli.Transcribe;

/// <summary>How far one file has got; written by its transcription, read by whoever draws it.</summary>
internal sealed class FileProgress
{
    private volatile RecordedSamples? _samples;
    private volatile bool _finished;

    /// <summary>
    /// 0..1, of what was read; a server that is slower is read for more slowly. Null when nobody knows how long it will be.
    /// </summary>
    public double? Fraction => _finished ? 1 : _samples is { } samples ? samples.Fraction : 0;

    public bool IsFinished => _finished;

    public void Begin(RecordedSamples samples) => _samples = samples;

    public void Finish() => _finished = true;
}
