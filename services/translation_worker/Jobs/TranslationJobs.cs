using System.Text;
using Speech.Contracts;
using Speech.Contracts.Jobs;
using Speech.Contracts.Languages;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery.Jobs;
using Speech.Redis;
using Speech.Workers;
using Speech.Workers.Jobs;
using Speech.Workers.Model;
using StackExchange.Redis;

namespace Speech.TranslationWorker.Jobs;

/// <summary>From an entry of <c>translation_jobs</c> to a job for the model, and from its translation to the client's result.</summary>
internal sealed partial class TranslationJobs(JobCompletion completion, ILogger<TranslationJobs> logger) : IJobHandler
{
    public static WorkerRole Role { get; } = new("translation", JobStream.Translations, OtherStreams: []);

    public ModelJob Read(JobDelivery delivery) =>
        delivery.Entry.TryGet(TranslationJobFields.Job, out var bytes)
            ? new TextJob(TranslationJob.Read(bytes), delivery)
            : throw new MalformedMessageException($"the entry has no field '{TranslationJobFields.Job}'", 0);

    public async Task<bool> FinishAsync(Finished outcome, CancellationToken cancellationToken)
    {
        var (text, translation, model) = (Translated)outcome;
        var job = text.Job;
        var first = await completion.FinishAsync(
            text.Delivery!.Of(job.ClientId),
            new Translation(Seq: 0, job.Segment, job.Language, Fit(translation), model),
            translations: [],
            cancellationToken);
        Log.Finished(logger, job.ClientId, job.Segment, job.SourceLanguage, job.Language, translation, first);
        return first;
    }

    public (string ClientId, Failed Failure)? FailureOf(StreamEntry fields, string code, string message) =>
        fields.FindString(TranslationJobFields.ClientId) is { } clientId && ClientId.IsValid(clientId)
        && int.TryParse(fields.FindString(TranslationJobFields.Segment), out var segment) && segment >= 0
        && fields.FindString(TranslationJobFields.Language) is { } language && TranslationLanguages.IsKnown(language)
            ? (clientId, new Failed(Seq: 0, segment, Failed.Translating, code, message, language))
            : null;

    /// <summary>What is longer than a message may be loses its end: no one speaks for so long, but anyone may queue a job.</summary>
    private static string Fit(string translation)
    {
        var length = Math.Min(translation.Length, TranslationJob.MaxTextBytes);
        while (Encoding.UTF8.GetByteCount(translation.AsSpan(0, length)) > TranslationJob.MaxTextBytes)
            length -= length / 16;
        return length > 0 && length < translation.Length && char.IsHighSurrogate(translation[length - 1])
            ? translation[..(length - 1)] : translation[..length];
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "{ClientId} segment {Segment}, {Source} to {Target}: \"{Text}\" (first: {First})")]
        public static partial void Finished(
            ILogger logger, string clientId, int segment, string source, string target, string text, bool first);
    }
}
