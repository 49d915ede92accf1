namespace Speech.Workers.Model;

/// <summary>
/// What this worker can do, which is what its loaded model can: so many jobs side by side, in these languages. The jobs are also the most
/// that it takes into its hands: what a worker holds and cannot begin, an idle one cannot have. Everything that speaks of slots has them
/// from here.
/// </summary>
public sealed class WorkerCapacity
{
    private volatile int _slots;
    private volatile IReadOnlyList<string> _languages = [];

    /// <summary>As in <see cref="IBatchedModel.Slots"/>; 0 until the model is loaded.</summary>
    public int Slots => _slots;

    /// <summary>As in <see cref="IBatchedModel.Languages"/>; none until the model is loaded.</summary>
    public IReadOnlyList<string> Languages => _languages;

    /// <summary>Whether the model serves all languages of a job.</summary>
    public bool Serves(ModelJob job) => job.Languages.All(_languages.Contains);

    /// <summary>The model is there.</summary>
    internal void Open(int slots, IReadOnlyList<string> languages)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slots, 1);
        (_languages, _slots) = (languages, slots);
    }
}
