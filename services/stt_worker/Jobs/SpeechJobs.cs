using Speech.Contracts;
using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery;
using Speech.Delivery.Jobs;
using Speech.Models.Whisper;
using Speech.Redis;
using Speech.SttWorker.Engine;
using Speech.SttWorker.Health;
using Speech.Workers;
using Speech.Workers.Jobs;
using Speech.Workers.Model;
using StackExchange.Redis;

namespace Speech.SttWorker.Jobs;

/// <summary>From an entry of <c>audio_jobs</c> to a job for the model, and from what the model heard to the client's result.</summary>
internal sealed partial class SpeechJobs(JobCompletion completion, SpeechStatistics statistics, ILogger<SpeechJobs> logger) : IJobHandler
{
    public static WorkerRole Role { get; } = new("stt", JobStream.Audio, [RedisKeys.InterimJobs]);

    public ModelJob Read(JobDelivery delivery)
    {
        if (!delivery.Entry.TryGet(AudioJobFields.Job, out var bytes))
            throw new MalformedMessageException($"the entry has no field '{AudioJobFields.Job}'", 0);
        var audio = AudioJob.Read(bytes);
        return audio.Kind == AudioJobKind.Final
            ? new FinalJob(audio, delivery) : throw new MalformedMessageException("an interim job among the finals", 0);
    }

    public Task<bool> FinishAsync(Finished outcome, CancellationToken cancellationToken)
    {
        var (job, transcription, english) = (Transcribed)outcome;
        return job.Delivery is { } delivery
            ? FinishAsync(job.Audio, delivery, transcription, english, cancellationToken)
            : PublishAsync(job.Audio, transcription, cancellationToken);
    }

    public (string ClientId, Failed Failure)? FailureOf(StreamEntry fields, string code, string message) =>
        fields.FindString(AudioJobFields.ClientId) is { } clientId && ClientId.IsValid(clientId)
        && int.TryParse(fields.FindString(AudioJobFields.Segment), out var segment) && segment >= 0
            ? (clientId, new Failed(Seq: 0, segment, Failed.Transcribing, code, message))
            : null;

    private async Task<bool> FinishAsync(
        AudioJob audio, JobDelivery delivery, Transcription transcription, string? english, CancellationToken cancellationToken)
    {
        var transcript = TranscriptOf(audio, transcription);
        FollowingTranslation[] following = [.. Following.Of(audio, transcript, english)];
        if (following.Length > 0)
            transcript = transcript with { Translations = [.. following.Select(translation => translation.Language)] };
        var first = await completion.FinishAsync(delivery.Of(audio.ClientId), transcript, following, cancellationToken);
        if (first)
            statistics.AudioDone(audio.DurationMs);
        Log.Finished(logger, audio.ClientId, audio.Segment, audio.DurationMs, transcript.Text, first);
        return first;
    }

    private static Transcript TranscriptOf(AudioJob audio, Transcription transcription) => new(
        Seq: 0,
        audio.Segment,
        audio.Start,
        audio.End,
        transcription.Text.Trim(),
        transcription.Language,
        Math.Clamp(transcription.Confidence, 0, 1),
        audio.Words
            ? [.. transcription.Words.Select(
                word => new Word(word.Text.Trim(), audio.Start + word.Start, audio.Start + word.End, word.Probability))]
            : null);

    private async Task<bool> PublishAsync(AudioJob audio, Transcription transcription, CancellationToken cancellationToken)
    {
        try
        {
            await completion.PublishPartialAsync(
                audio.ClientId, new Partial(audio.Segment, audio.Revision, transcription.Text.Trim()), cancellationToken);
            return true;
        }
        catch (RedisException exception)
        {
            Log.PartialLost(logger, audio.ClientId, audio.Segment, exception.Message);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "{ClientId} segment {Segment} ({DurationMs} ms): \"{Text}\" (first: {First})")]
        public static partial void Finished(ILogger logger, string clientId, int segment, int durationMs, string text, bool first);

        [LoggerMessage(2, LogLevel.Debug, "A partial of {ClientId}, segment {Segment}, was not published: {Reason}")]
        public static partial void PartialLost(ILogger logger, string clientId, int segment, string reason);
    }
}
