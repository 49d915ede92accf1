using Speech.Contracts.Jobs;
using Speech.Contracts.Server;

namespace Speech.Delivery.Jobs;

/// <summary>A translation that follows a transcript once that is released: a job to be queued, or what is known at once.</summary>
/// <param name="Language">As the client asked for it.</param>
/// <param name="Job">Null when there is nothing left to do.</param>
/// <param name="Result">What the client gets without a job, or when no more jobs can be queued; a <see cref="Translation"/> or a
/// <see cref="Failed"/>.</param>
public sealed record FollowingTranslation(string Language, TranslationJob? Job, FinalResult Result)
{
    public static FollowingTranslation Of(TranslationJob job) => new(
        job.Language,
        job,
        new Failed(
            Seq: 0, job.Segment, Failed.Translating, "translation_overloaded", "too much is waiting to be translated", job.Language));
}
