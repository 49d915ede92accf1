using Speech.Models.Whisper;

namespace Speech.SttWorker.Tests;

/// <summary>The real transcriber, but it cannot stand one client's audio.</summary>
internal sealed class FailingTranscriber(ITranscriber inner, string clientId, bool whenAdmitted) : ITranscriber
{
    private readonly List<SpeechJob> _jobs = [];

    public string Device => inner.Device;

    public int Slots => inner.Slots;

    public void Admit(SpeechJob job)
    {
        if (whenAdmitted && job.Audio.ClientId == clientId)
            throw new InvalidOperationException("cannot stand this audio");
        inner.Admit(job);
        _jobs.Add(job);
    }

    public void Step(ICollection<(SpeechJob Job, Transcription Transcription)> finished)
    {
        if (_jobs.Exists(job => job.Audio.ClientId == clientId))
            throw new InvalidOperationException("cannot stand this audio");
        inner.Step(finished);
        foreach (var (job, _) in finished)
            _jobs.Remove(job);
    }

    public void Reset()
    {
        _jobs.Clear();
        inner.Reset();
    }

    public void Dispose() => inner.Dispose();
}
