using Speech.Contracts;
using Speech.Hosting;
using Speech.Models.Whisper;
using Speech.Redis;

namespace Speech.SttWorker;

/// <summary>
/// Tells Redis how jobs came out. While Redis is away <see cref="JobCompletion"/> keeps trying, and finished results wait in
/// <see cref="Outcomes"/>; since their jobs are held until then, the worker reads no more than it can keep.
/// </summary>
internal sealed partial class JobFinisher(
    Outcomes outcomes,
    HeldJobs held,
    ModelQueue queue,
    JobCompletion completion,
    Leases leases,
    WorkerStatistics statistics,
    SttWorkerSettings settings,
    ILogger<JobFinisher> logger)
{
    // Scripts travel pipelined over one connection; a few at a time hide the way there and back.
    private const int Lanes = 4;

    private const string Stage = "transcription";

    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, Lanes).Select(_ => RunLaneAsync(cancellationToken)));

    private async Task RunLaneAsync(CancellationToken cancellationToken)
    {
        await foreach (var outcome in outcomes.ReadAllAsync(cancellationToken))
        {
            switch (outcome)
            {
                case Transcribed { Job: FinalJob job } done:
                    await FinishAsync(job.Delivery, () => FinishAsync(job, done.Transcription, cancellationToken), cancellationToken);
                    break;
                case ModelFailed { Job: FinalJob job } failed:
                    Log.ModelFailed(logger, job.Delivery.Id, job.Delivery.Deliveries, failed.Error);
                    statistics.Error($"the model failed on {job.Delivery.Id}: {failed.Error.Message}");
                    await FinishAsync(job.Delivery, () => RetryOrGiveUpAsync(job.Delivery, failed.Error, cancellationToken), cancellationToken);
                    break;
                case GivenUp given:
                    await FinishAsync(given.Delivery, () => GiveUpAsync(given, cancellationToken), cancellationToken);
                    break;
                case Transcribed { Job: InterimJob job } done:
                    await PublishAsync(job, done.Transcription, cancellationToken);
                    queue.Interims.Leave();
                    break;
                case ModelFailed { Job: InterimJob } failed:
                    statistics.Error($"the model failed on an interim: {failed.Error.Message}");
                    statistics.InterimsDropped(1);
                    queue.Interims.Leave();
                    break;
            }
        }
    }

    /// <summary>
    /// A job leaves this worker's hands with what is done to it, unless the worker stops meanwhile: then it is still held, and given
    /// back. An error that repeating did not mend leaves the job pending, and it is claimed again later.
    /// </summary>
    private async Task FinishAsync(Delivery delivery, Func<Task> finish, CancellationToken cancellationToken)
    {
        try
        {
            await finish();
        }
        catch (RedisException exception)
        {
            Log.CannotFinish(logger, delivery.Id, exception);
            statistics.Error($"cannot finish {delivery.Id}: {exception.Message}");
        }

        cancellationToken.ThrowIfCancellationRequested();
        held.LetGo(delivery);
    }

    private async Task FinishAsync(FinalJob job, Transcription transcription, CancellationToken cancellationToken)
    {
        var audio = job.Audio;
        var transcript = TranscriptOf(audio, transcription);
        var first = await completion.FinishAsync(
            new JobEntry(JobStream.Audio, job.Delivery.Id, audio.ClientId), transcript, translations: [], cancellationToken);
        if (first)
            statistics.JobDone(audio.DurationMs);
        Log.Finished(logger, audio.ClientId, audio.Segment, audio.DurationMs, transcript.Text, first);
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
            ? [.. transcription.Words.Select(word => new Word(word.Text.Trim(), audio.Start + word.Start, audio.Start + word.End, word.Probability))]
            : null);

    private async Task RetryOrGiveUpAsync(Delivery delivery, Exception error, CancellationToken cancellationToken)
    {
        if (delivery.Deliveries >= settings.MaxDeliveries)
        {
            await GiveUpAsync(new GivenUp(delivery, "model_error", $"the model failed on it: {error.Message}"), cancellationToken);
            return;
        }

        await leases.GiveBackAsync(delivery.Id, delivery.Deliveries, cancellationToken);
        statistics.JobRetried();
    }

    private async Task GiveUpAsync(GivenUp given, CancellationToken cancellationToken)
    {
        var fields = given.Delivery.Entry.Fields;
        Log.GivenUp(logger, given.Delivery.Id, given.Message);
        statistics.Error($"gave up {given.Delivery.Id}: {given.Message}");
        var first = fields.FindString(AudioJobFields.ClientId) is { } clientId && ClientId.IsValid(clientId)
            && int.TryParse(fields.FindString(AudioJobFields.Segment), out var segment) && segment >= 0
            ? await completion.AbandonAsync(
                new JobEntry(JobStream.Audio, given.Delivery.Id, clientId), new Failed(Seq: 0, segment, Stage, given.Code, given.Message), cancellationToken)
            : await completion.BuryAsync(JobStream.Audio, given.Delivery.Id, given.Message, cancellationToken);
        if (first)
            statistics.JobFailed();
    }

    private async Task PublishAsync(InterimJob job, Transcription transcription, CancellationToken cancellationToken)
    {
        try
        {
            await completion.PublishPartialAsync(
                job.Audio.ClientId, new Partial(job.Audio.Segment, job.Audio.Revision, transcription.Text.Trim()), cancellationToken);
            statistics.InterimDone();
        }
        catch (RedisException exception)
        {
            Log.PartialLost(logger, job.Audio.ClientId, job.Audio.Segment, exception.Message);
            statistics.InterimsDropped(1);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "{ClientId} segment {Segment} ({DurationMs} ms): \"{Text}\" (first: {First})")]
        public static partial void Finished(ILogger logger, string clientId, int segment, int durationMs, string text, bool first);

        [LoggerMessage(2, LogLevel.Error, "The model failed on job {Id}, delivery {Deliveries}")]
        public static partial void ModelFailed(ILogger logger, StreamId id, long deliveries, Exception exception);

        [LoggerMessage(3, LogLevel.Error, "Job {Id} is given up: {Reason}")]
        public static partial void GivenUp(ILogger logger, StreamId id, string reason);

        [LoggerMessage(4, LogLevel.Error, "Job {Id} could not be finished; it will be claimed and done again")]
        public static partial void CannotFinish(ILogger logger, StreamId id, Exception exception);

        [LoggerMessage(5, LogLevel.Debug, "A partial of {ClientId}, segment {Segment}, was not published: {Reason}")]
        public static partial void PartialLost(ILogger logger, string clientId, int segment, string reason);
    }
}
