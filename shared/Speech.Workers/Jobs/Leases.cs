using Microsoft.Extensions.Logging;
using Speech.Delivery.Jobs;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Workers.Jobs;

// A pending entry's idle time is the time since it was last delivered or claimed; others take an entry that has been idle for
// JOB_TIMEOUT. So "I am still at it" is to claim one's own entries again, which restarts their idle time, and "take it, anyone" is
// to claim them with an idle time of JOB_TIMEOUT.

/// <summary>Keeps the jobs that are held from being taken by others, and gives them back.</summary>
internal sealed partial class Leases(
    RedisClient redis, HeldJobs held, WorkerStreams streams, WorkerSettings settings, TimeProvider time, ILogger<Leases> logger)
{
    private const int MostPending = 10_000;

    /// <summary>Renews what is held, every third of JOB_TIMEOUT: two failures in a row are survived.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(settings.JobTimeout / 3, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            await Task.WhenAll(held.All.GroupBy(delivery => delivery.Stream).Select(held => RenewAsync(held.Key, held, cancellationToken)));
        }
    }

    /// <summary>
    /// Gives back all that this consumer has pending, also what was in a reply that came too late to be seen. Deliveries that end like
    /// this do not count.
    /// </summary>
    public Task GiveBackAllAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(streams.Jobs.Select(stream => GiveBackAllAsync(stream, cancellationToken)));

    /// <summary>Lets anyone take a job at once. It stays this consumer's until then.</summary>
    /// <param name="deliveries">How often it shall count as given out: one less than now if this worker has not begun it or was not at
    /// fault.</param>
    public Task GiveBackAsync(JobStream stream, StreamId job, long deliveries, CancellationToken cancellationToken) => redis.ExecuteAsync(
        "XCLAIM",
        [
            (RedisKey)stream.Key, stream.Group, settings.WorkerId, 0, (RedisValue)job,
            "IDLE", (long)settings.JobTimeout.TotalMilliseconds, "RETRYCOUNT", deliveries, "JUSTID",
        ],
        cancellationToken);

    /// <summary>
    /// Makes a job another worker's, which takes it up, as what it was given and does not hold, when it looks for such jobs next.
    /// </summary>
    /// <param name="deliveries">How often it shall count as given out until then.</param>
    public Task HandOverAsync(JobStream stream, StreamId job, string worker, long deliveries, CancellationToken cancellationToken) =>
        redis.ExecuteAsync(
        "XCLAIM",
        [
            (RedisKey)stream.Key, stream.Group, worker, 0, (RedisValue)job,
            "IDLE", (long)AbandonedJobs.MinIdle.TotalMilliseconds, "RETRYCOUNT", deliveries, "JUSTID",
        ],
        cancellationToken);

    private async Task RenewAsync(JobStream stream, IEnumerable<JobDelivery> deliveries, CancellationToken cancellationToken)
    {
        StreamId[] ids = [.. deliveries.Select(delivery => delivery.Id)];
        try
        {
            await redis.StreamRenewAsync(stream.Key, stream.Group, settings.WorkerId, ids, cancellationToken);
        }
        catch (RedisException exception)
        {
            Log.CannotRenew(logger, ids.Length, exception.Message);
        }
    }

    private async Task GiveBackAllAsync(JobStream stream, CancellationToken cancellationToken)
    {
        try
        {
            var pending = await redis.StreamPendingRangeAsync(
                stream.Key, stream.Group, MostPending, consumer: settings.WorkerId, cancellationToken: cancellationToken);
            await Task.WhenAll(
                from entry in pending
                where entry.IdleTimeInMilliseconds < settings.JobTimeout.TotalMilliseconds // the others have been given back already
                select GiveBackAsync(stream, entry.StreamId, entry.DeliveryCount - 1, cancellationToken));
        }
        catch (RedisServerException exception) when (exception.Code == "NOGROUP")
        {
            Log.NothingRead(logger);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Cannot renew {Count} jobs: {Reason}")]
        public static partial void CannotRenew(ILogger logger, int count, string reason);

        [LoggerMessage(2, LogLevel.Debug, "There is no group of workers, so nothing to give back")]
        public static partial void NothingRead(ILogger logger);
    }
}
