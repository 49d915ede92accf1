using Speech.Contracts.Server;

namespace Speech.Contracts.Jobs;

/// <summary>
/// What an entry on a dead stream (<c>audio_jobs:dead</c>, <c>translation_jobs:dead</c>) has beyond the fields of the job that was given
/// up.
/// </summary>
public static class DeadJobFields
{
    /// <summary>For programs, the code of the client's <see cref="Failed"/>: "max_deliveries", "model_error", "malformed_job".</summary>
    public const string Cause = "cause";

    /// <summary>For people.</summary>
    public const string Reason = "reason";

    /// <summary>How often the job was given to a worker.</summary>
    public const string Deliveries = "deliveries";

    /// <summary>
    /// There when the entry was larger than any job of ours: what it had; of its fields only the beginnings of a few are left.
    /// </summary>
    public const string Cut = "cut";

    /// <summary>
    /// How often a person has put the job back (<c>speech dead retry</c>); stays with it on its stream. Its client has had a
    /// <see cref="Failed"/> in its place, so what comes of it now is released at once, as a late result with a seq of its own.
    /// </summary>
    public const string Retried = "retried";
}
