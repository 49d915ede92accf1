using Microsoft.Extensions.Logging;
using Speech.Contracts.Server;
using Speech.Delivery;
using Speech.Delivery.Jobs;
using Speech.Redis;
using Speech.Workers.Life;
using StackExchange.Redis;

namespace Speech.Workers.Jobs;

// A job that was given out and never finished stays in the group's list of pending entries. Three kinds of them are taken over:
//
//   idle for JOB_TIMEOUT          given back, or its worker has forgotten it: a worker renews what it is at
//   its worker has no heartbeat   killed; its heartbeat expires after seconds, long before JOB_TIMEOUT
//   this worker's, but not held   from before a restart under the same name, in a reply that a lost connection swallowed, or handed over
//                                 by a worker whose model does not serve its language
//
// XCLAIM gives an entry to the first who asks and to no one else, since asking restarts its idle time. If a worker was only thought
// dead, both do the job and the script that finishes it takes the first result.

/// <summary>Takes over jobs that were left lying, and removes the consumers that left them.</summary>
internal sealed partial class AbandonedJobs(
    RedisClient redis,
    Heartbeat heartbeat,
    JobIntake intake,
    HeldJobs held,
    WorkerStatistics statistics,
    WorkerStreams streams,
    WorkerSettings settings,
    TimeProvider time,
    ILogger<AbandonedJobs> logger)
{
    private const int PageSize = 128;
    private const int SweepsPerRemoval = 30;

    /// <summary>Younger entries may be in a reply that is still on its way.</summary>
    public static readonly TimeSpan MinIdle = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        for (var sweep = 1L; await timer.WaitForNextTickAsync(cancellationToken); sweep++)
        {
            try
            {
                var alive = new Dictionary<string, bool>(StringComparer.Ordinal);
                foreach (var stream in streams.Jobs)
                    await SweepAsync(stream, Shorter(MinIdle, settings.JobTimeout), consumer: null, alive, cancellationToken);
                if (sweep % SweepsPerRemoval == 0 && heartbeat.IsSteady)
                    await RemoveDeadConsumersAsync(alive, cancellationToken);
            }
            catch (RedisServerException exception) when (exception.Code is "NOGROUP" or "ERR")
            {
                Log.NoGroup(logger, exception.Message); // the reader makes the stream and its group
            }
            catch (RedisException exception)
            {
                Log.CannotSweep(logger, exception.Message);
            }
        }
    }

    /// <summary>
    /// Takes up what this consumer has pending and does not hold, however young. To be called while nothing is being read.
    /// </summary>
    public Task TakeUpOwnAsync(JobStream stream, CancellationToken cancellationToken) =>
        SweepAsync(stream, TimeSpan.Zero, settings.WorkerId, new(StringComparer.Ordinal), cancellationToken);

    private async Task SweepAsync(
        JobStream stream, TimeSpan minIdle, string? consumer, Dictionary<string, bool> alive, CancellationToken cancellationToken)
    {
        StreamId? from = null;
        while (held.Free > 0)
        {
            var page = await redis.StreamPendingRangeAsync(
                stream.Key, stream.Group, PageSize, from, consumer: consumer, minIdle: minIdle, cancellationToken: cancellationToken);
            var room = held.Free;
            var abandoned = new List<StreamPendingMessageInfo>();
            foreach (var entry in page)
            {
                if (abandoned.Count < room && await IsAbandonedAsync(stream, entry, alive, cancellationToken))
                    abandoned.Add(entry);
            }

            if (abandoned.Count > 0)
                await ClaimAsync(stream, abandoned, minIdle, cancellationToken);
            if (page.Length < PageSize || page[^1].StreamId is var last && last == StreamId.Max)
                return;
            from = last.Next();
        }
    }

    private async ValueTask<bool> IsAbandonedAsync(
        JobStream stream, StreamPendingMessageInfo entry, Dictionary<string, bool> alive, CancellationToken cancellationToken) =>
        entry.ConsumerName == settings.WorkerId ? !held.Contains(stream, entry.StreamId)
        : entry.IdleTimeInMilliseconds >= settings.JobTimeout.TotalMilliseconds
            || (heartbeat.IsSteady && !await IsAliveAsync(entry.ConsumerName!, alive, cancellationToken));

    private async Task ClaimAsync(
        JobStream stream, List<StreamPendingMessageInfo> abandoned, TimeSpan minIdle, CancellationToken cancellationToken)
    {
        var left = abandoned.ToDictionary(entry => entry.StreamId);
        var claimed = await redis.StreamClaimAsync(
            stream.Key, stream.Group, settings.WorkerId, minIdle, [.. left.Keys], cancellationToken);
        foreach (var entry in claimed)
        {
            var id = entry.StreamId;
            var before = left[id];
            if (before.ConsumerName != settings.WorkerId)
                Log.Claimed(logger, id, before.ConsumerName!);
            else
                Log.TakenUp(logger, id);
            statistics.JobClaimed();
            intake.Accept(new JobDelivery(stream, entry, before.DeliveryCount + 1));
        }
    }

    private async Task RemoveDeadConsumersAsync(Dictionary<string, bool> alive, CancellationToken cancellationToken)
    {
        foreach (var stream in streams.Jobs.Concat(streams.Others))
        {
            foreach (var consumer in await redis.StreamConsumersAsync(stream.Key, stream.Group, cancellationToken))
            {
                if (consumer.PendingMessageCount == 0 && consumer.Name != settings.WorkerId
                    && !await IsAliveAsync(consumer.Name, alive, cancellationToken))
                    await redis.RemoveIdleConsumerAsync(stream.Key, stream.Group, consumer.Name, cancellationToken);
            }
        }
    }

    private async ValueTask<bool> IsAliveAsync(string consumer, Dictionary<string, bool> alive, CancellationToken cancellationToken)
    {
        if (!alive.TryGetValue(consumer, out var isAlive))
            alive[consumer] = isAlive = await redis.KeyExistsAsync(RedisKeys.Worker(consumer), cancellationToken);
        return isAlive;
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Took over job {Id}, which {Consumer} had left")]
        public static partial void Claimed(ILogger logger, StreamId id, string consumer);

        [LoggerMessage(4, LogLevel.Information, "Took up job {Id}, which this worker was given and did not hold")]
        public static partial void TakenUp(ILogger logger, StreamId id);

        [LoggerMessage(2, LogLevel.Debug, "No abandoned jobs, since there is no group: {Reason}")]
        public static partial void NoGroup(ILogger logger, string reason);

        [LoggerMessage(3, LogLevel.Warning, "Cannot look for abandoned jobs: {Reason}")]
        public static partial void CannotSweep(ILogger logger, string reason);
    }
}
