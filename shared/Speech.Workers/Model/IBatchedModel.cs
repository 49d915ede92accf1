namespace Speech.Workers;

/// <summary>A model that does several jobs side by side, step by step. For one thread at a time.</summary>
public interface IBatchedModel : IDisposable
{
    /// <summary>What it runs on, for people.</summary>
    string Device { get; }

    int Slots { get; }

    /// <summary>Takes a job into a free slot. When this throws, the slot stays free and the others are unharmed.</summary>
    /// <exception cref="JobRefusedException">There is no point in asking again.</exception>
    void Admit(ModelJob job);

    /// <summary>Advances every job and hands over those that are finished. When this throws, only <see cref="Reset"/> may follow.</summary>
    void Step(ICollection<Finished> finished);

    /// <summary>Gives up a job under way, which frees its slot.</summary>
    void Abandon(ModelJob job);

    /// <summary>Forgets all jobs.</summary>
    void Reset();
}
