using Speech.Workers.Model;

namespace Speech.Testing.Workers;

/// <summary>A model whose steps wait while the gate is closed: a model as slow as the test needs it.</summary>
public sealed class GatedModel(IBatchedModel inner, ManualResetEventSlim gate) : IBatchedModel
{
    public string Device => inner.Device;

    public int Slots => inner.Slots;

    public IReadOnlyList<string> Languages => inner.Languages;

    /// <summary>Jobs taken in so far.</summary>
    public int Admitted { get; private set; }

    public void Admit(ModelJob job)
    {
        inner.Admit(job);
        Admitted++;
    }

    public void Step(ICollection<Finished> finished)
    {
        gate.Wait();
        inner.Step(finished);
    }

    public void Abandon(ModelJob job) => inner.Abandon(job);

    public void Reset() => inner.Reset();

    public void Dispose() => inner.Dispose();
}
