using Speech.Workers.Jobs;

namespace Speech.Workers.Model;

/// <summary>A model that does several jobs side by side, step by step. For one thread at a time.</summary>
public interface IBatchedModel : IDisposable
{
    /// <summary>What it runs on, for people.</summary>
    string Device { get; }

    /// <summary>
    /// Jobs that it has room for at once, at least one. A job that is searched with beams takes as many of the model's sequences.
    /// </summary>
    int Slots { get; }

    /// <summary>The codes of the languages that it serves: Whisper's for audio, NLLB's for texts.</summary>
    IReadOnlyList<string> Languages { get; }

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
