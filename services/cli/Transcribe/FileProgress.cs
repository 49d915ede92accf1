using Speech.Cli.Client;

namespace Speech.Cli.Transcribe;

/// <summary>How far one file has got; written by its transcription, read by whoever draws it.</summary>
internal sealed class FileProgress
{
    private SentAudio? _sent;
    private TimeSpan _duration;
    private volatile bool _finished;

    /// <summary>0..1, of the audio sent.</summary>
    public double Fraction => _finished ? 1
        : Volatile.Read(ref _sent) is { } sent && _duration > TimeSpan.Zero ? Math.Min(1, sent.Position / _duration)
        : 0;

    public bool IsFinished => _finished;

    public void Begin(SentAudio sent, TimeSpan duration)
    {
        _duration = duration;
        Volatile.Write(ref _sent, sent);
    }

    public void Finish() => _finished = true;
}
