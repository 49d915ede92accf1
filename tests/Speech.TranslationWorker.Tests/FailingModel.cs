using Speech.TranslationWorker.Jobs;
using Speech.Workers.Model;

namespace Speech.TranslationWorker.Tests;

/// <summary>The stub, but it cannot stand one text.</summary>
internal sealed class FailingModel(IBatchedModel inner, string bad) : IBatchedModel
{
    private bool _hasBad;

    public string Device => inner.Device;

    public int Slots => inner.Slots;

    public IReadOnlyList<string> Languages => inner.Languages;

    public void Admit(ModelJob job)
    {
        inner.Admit(job);
        _hasBad |= ((TextJob)job).Job.Text == bad;
    }

    public void Step(ICollection<Finished> finished)
    {
        if (_hasBad)
            throw new InvalidOperationException("cannot stand this text");
        inner.Step(finished);
    }

    public void Abandon(ModelJob job) => inner.Abandon(job);

    public void Reset()
    {
        _hasBad = false;
        inner.Reset();
    }

    public void Dispose() => inner.Dispose();
}
