using Microsoft.Extensions.Logging;
using Speech.Delivery.Jobs;
using Speech.Redis;
using Speech.Workers.Life;
using StackExchange.Redis;

namespace Speech.Workers.Jobs;

/// <summary>
/// Reads jobs as a member of the consumer group, as many as there is room for, of all shards at once. What this worker was given in an
/// earlier life, or in a reply that a lost connection swallowed, is <see cref="AbandonedJobs"/>' part.
/// </summary>
internal sealed partial class JobReader(
    RedisClient redis,
    RedisOptions options,
    AbandonedJobs abandoned,
    JobIntake intake,
    HeldJobs held,
    WorkerStatistics statistics,
    WorkerStreams streams,
    WorkerSettings settings,
    TimeProvider time,
    ILogger<JobReader> logger)
{
    private static readonly TimeSpan Block = TimeSpan.FromSeconds(2);

    public Task RunAsync(CancellationToken cancellationToken) => WorkerStreams.ReadAllAsync(streams.Jobs, ReadAsync, cancellationToken);

    private async Task ReadAsync(JobStream stream, CancellationToken cancellationToken)
    {
        await using var connection = new RedisBlockingConnection(options);
        var backoff = new Backoff(time);
        var prepared = false;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                if (!prepared)
                {
                    await redis.EnsureGroupAsync(stream.Key, stream.Group, cancellationToken);
                    // Others find this worker among the group's members, and Redis makes one of it only when it is given its first job.
                    await redis.ExecuteAsync(
                        "XGROUP", ["CREATECONSUMER", (RedisKey)stream.Key, stream.Group, settings.WorkerId], cancellationToken);
                    await abandoned.TakeUpOwnAsync(stream, cancellationToken);
                    prepared = true;
                }

                await held.WaitForRoomAsync(cancellationToken);
                var share = Math.Max(1, held.Free / streams.Jobs.Count);
                var entries = await connection.StreamReadGroupAsync(
                    stream.Key, stream.Group, settings.WorkerId, share, Block, cancellationToken);
                foreach (var entry in entries)
                    intake.Accept(new JobDelivery(stream, entry, Deliveries: 1));
                backoff.Reset();
            }
            catch (RedisException exception)
            {
                // NOGROUP and UNBLOCKED: someone has deleted the stream or the group, or Redis has lost its data.
                prepared = false;
                Log.CannotRead(logger, exception.Message);
                statistics.Error($"cannot read jobs: {exception.Message}");
                await backoff.PauseAsync(cancellationToken);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Cannot read jobs, will try again: {Reason}")]
        public static partial void CannotRead(ILogger logger, string reason);
    }
}
