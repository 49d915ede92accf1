using Microsoft.Extensions.Logging;
using Speech.Delivery.Jobs;
using Speech.Redis;
using Speech.Workers.Life;
using Speech.Workers.Model;
using StackExchange.Redis;

namespace Speech.Workers.Jobs;

/// <summary>
/// Tells Redis how jobs came out. While Redis is away <see cref="JobCompletion"/> keeps trying, and finished results wait in
/// <see cref="Outcomes"/>; since their jobs are held until then, the worker reads no more than it can keep.
/// </summary>
internal sealed partial class JobFinisher(
    Outcomes outcomes,
    HeldJobs held,
    ModelQueue queue,
    IJobHandler handler,
    JobCompletion completion,
    Peers peers,
    Leases leases,
    WorkerStatistics statistics,
    WorkerSettings settings,
    ILogger<JobFinisher> logger)
{
    // Scripts travel pipelined over one connection; a few at a time hide the way there and back.
    private const int Lanes = 4;

    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, Lanes).Select(_ => RunLaneAsync(cancellationToken)));

    private async Task RunLaneAsync(CancellationToken cancellationToken)
    {
        await foreach (var outcome in outcomes.ReadAllAsync(cancellationToken))
        {
            switch (outcome)
            {
                case Finished { Job.Delivery: { } delivery } done:
                    await EndAsync(delivery, () => FinishAsync(done, cancellationToken), cancellationToken);
                    break;
                case ModelFailed { Job.Delivery: { } delivery } failed:
                    await EndAsync(delivery, () => RetryOrGiveUpAsync(delivery, failed.Error, cancellationToken), cancellationToken);
                    break;
                case Unserved { Job.Delivery: { } delivery } unserved:
                    await PassOnAsync(unserved.Job, delivery, cancellationToken);
                    break;
                case GivenUp given:
                    await EndAsync(given.Delivery, () => GiveUpAsync(given, cancellationToken), cancellationToken);
                    break;
                case Finished unheld:
                    queue.Leave(unheld.Job, await handler.FinishAsync(unheld, cancellationToken));
                    break;
                case ModelFailed unheld:
                    statistics.Error($"the model failed on something that nobody waits for: {unheld.Error.Message}");
                    queue.Leave(unheld.Job, isDone: false);
                    break;
            }
        }
    }

    /// <summary>
    /// A job leaves this worker's hands with what is done to it, unless the worker stops meanwhile: then it is still held, and given
    /// back. An error that repeating did not mend leaves the job pending, and it is claimed again later.
    /// </summary>
    private async Task EndAsync(JobDelivery delivery, Func<Task> end, CancellationToken cancellationToken)
    {
        try
        {
            await end();
        }
        catch (RedisException exception)
        {
            // The scripts change nothing when they refuse. Of an answer that cannot be read it is not known what it says.
            if (exception is RedisServerException)
                Log.CannotFinish(logger, delivery.Id, exception);
            else
                Log.MayBeFinished(logger, delivery.Id, exception);
            statistics.Error($"cannot finish {delivery.Id}: {exception.Message}");
        }

        cancellationToken.ThrowIfCancellationRequested();
        held.LetGo(delivery);
    }

    private async Task FinishAsync(Finished done, CancellationToken cancellationToken)
    {
        if (await handler.FinishAsync(done, cancellationToken))
            statistics.JobDone(done.Job.Delivery!.Id);
    }

    private async Task RetryOrGiveUpAsync(JobDelivery delivery, Exception error, CancellationToken cancellationToken)
    {
        Log.ModelFailed(logger, delivery.Id, delivery.Deliveries, error);
        statistics.Error($"the model failed on {delivery.Id}: {error.Message}");
        if (delivery.Deliveries >= settings.MaxDeliveries)
        {
            await GiveUpAsync(new GivenUp(delivery, "model_error", $"the model failed on it: {error.Message}"), cancellationToken);
            return;
        }

        await leases.GiveBackAsync(delivery.Stream, delivery.Id, delivery.Deliveries, cancellationToken);
        statistics.JobRetried();
    }

    /// <summary>
    /// Leaves a job to a worker whose model serves its languages; that does not count as a delivery, and it cannot come back unless
    /// that worker's heartbeat was wrong. If there is none, the job is done here nevertheless, or given up.
    /// </summary>
    private async Task PassOnAsync(ModelJob job, JobDelivery delivery, CancellationToken cancellationToken)
    {
        string? peer = null;
        try
        {
            peer = await peers.FindAsync(job.Languages, cancellationToken);
        }
        catch (RedisException exception) when (job.IsDoneRegardless)
        {
            Log.PeersUnknown(logger, delivery.Id, exception.Message);
        }
        catch (RedisException exception)
        {
            await EndAsync(delivery, () => Task.FromException(exception), cancellationToken);
            return;
        }

        if (peer is not null)
        {
            Log.PassedOn(logger, delivery.Id, peer);
            await EndAsync(
                delivery, () => leases.HandOverAsync(delivery.Stream, delivery.Id, peer, delivery.Deliveries - 1, cancellationToken),
                cancellationToken);
        }
        else if (job.IsDoneRegardless)
        {
            queue.Add(job);
        }
        else
        {
            var given = new GivenUp(
                delivery, "unsupported_language", $"no worker's model serves both of the languages {string.Join(" and ", job.Languages)}");
            await EndAsync(delivery, () => GiveUpAsync(given, cancellationToken), cancellationToken);
        }
    }

    private async Task GiveUpAsync(GivenUp given, CancellationToken cancellationToken)
    {
        var (stream, id) = (given.Delivery.Stream, given.Delivery.Id);
        Log.GivenUp(logger, id, given.Message);
        statistics.Error($"gave up {id}: {given.Message}");
        var first = handler.FailureOf(given.Delivery.Entry, given.Code, given.Message) is { } failure
            ? await completion.AbandonAsync(given.Delivery.Of(failure.ClientId), failure.Failure, cancellationToken)
            : await completion.BuryAsync(given.Delivery.Of(clientId: ""), given.Code, given.Message, cancellationToken);
        if (first)
            statistics.JobFailed();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The model failed on job {Id}, delivery {Deliveries}")]
        public static partial void ModelFailed(ILogger logger, StreamId id, long deliveries, Exception exception);

        [LoggerMessage(2, LogLevel.Error, "Job {Id} is given up: {Reason}")]
        public static partial void GivenUp(ILogger logger, StreamId id, string reason);

        [LoggerMessage(4, LogLevel.Debug, "Job {Id} is left to {Peer}, whose model serves its language")]
        public static partial void PassedOn(ILogger logger, StreamId id, string peer);

        [LoggerMessage(5, LogLevel.Warning,
            "Job {Id} is done by this model, which does not serve its language; whether another does is not known: {Reason}")]
        public static partial void PeersUnknown(ILogger logger, StreamId id, string reason);

        [LoggerMessage(3, LogLevel.Error, "Job {Id} could not be finished: Redis refused it and changed nothing, so it is still pending and will be claimed and done again")]
        public static partial void CannotFinish(ILogger logger, StreamId id, Exception exception);

        [LoggerMessage(6, LogLevel.Error,
            "It is not known whether job {Id} is finished; if it is not, it is still pending and will be claimed and done again")]
        public static partial void MayBeFinished(ILogger logger, StreamId id, Exception exception);
    }
}
