using Speech.Contracts.Jobs;
using Speech.Contracts.Languages;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Workers.Jobs;
using Speech.Workers.Model;

namespace Speech.TranslationWorker.Jobs;

/// <summary>A transcript for the model.</summary>
internal sealed class TextJob(TranslationJob job, JobDelivery delivery) : ModelJob(job.ClientId, delivery)
{
    public TranslationJob Job { get; } = job;

    /// <summary>By NLLB's codes.</summary>
    public string Source { get; } = TranslationLanguages.ToNllbCode(job.SourceLanguage)!;

    /// <summary>By NLLB's codes.</summary>
    public string Target { get; } = TranslationLanguages.ToNllbCode(job.Language)!;

    /// <summary>Both; none where there is nothing to translate.</summary>
    public override IReadOnlyList<string> Languages => Source == Target || Job.Text.Length == 0 ? [] : [Source, Target];
}

/// <param name="Model">As in <see cref="Contracts.Server.Translation.Model"/>.</param>
internal sealed record Translated(TextJob Text, string Translation, string? Model = null) : Finished(Text);
