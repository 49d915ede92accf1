using Speech.Workers.Model;

namespace Speech.SttWorker.Tests;

/// <summary>The real transcriber, but it cannot stand one client's audio.</summary>
internal sealed class FailingTranscriber(IBatchedModel inner, string clientId, bool whenAdmitted) : IBatchedModel
{
    private readonly List<ModelJob> _jobs = [];

    public string Device => inner.Device;

    public int Slots => inner.Slots;

    public IReadOnlyList<string> Languages => inner.Languages;

    public void Admit(ModelJob job)
    {
        if (whenAdmitted && job.ClientId == clientId)
            throw new InvalidOperationException("cannot stand this audio");
        inner.Admit(job);
        _jobs.Add(job);
    }

    public void Step(ICollection<Finished> finished)
    {
        if (_jobs.Exists(job => job.ClientId == clientId))
            throw new InvalidOperationException("cannot stand this audio");
        inner.Step(finished);
        foreach (var done in finished)
            _jobs.Remove(done.Job);
    }

    public void Abandon(ModelJob job)
    {
        inner.Abandon(job);
        _jobs.Remove(job);
    }

    public void Reset()
    {
        _jobs.Clear();
        inner.Reset();
    }

    public void Dispose() => inner.Dispose();
}
