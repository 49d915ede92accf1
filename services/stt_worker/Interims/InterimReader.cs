using Speech.Contracts;
using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery.Jobs;
using Speech.Redis;
using Speech.SttWorker.Engine;
using Speech.SttWorker.Health;
using Speech.SttWorker.Settings;
using Speech.Workers.Jobs;
using Speech.Workers.Model;
using StackExchange.Redis;

namespace Speech.SttWorker.Interims;

/// <summary>
/// Reads interims while finals leave half of the slots free. An interim is worth something for INTERIM_TIMEOUT_MS, so it is acknowledged
/// and deleted as soon as it is read, and from then on nobody minds if it is dropped: for being stale, for there being a later revision or
/// a final of its segment, for want of room, or because its final will be another worker's, whose model serves its language.
/// </summary>
internal sealed partial class InterimReader(
    RedisClient redis,
    RedisOptions options,
    SpeechQueue queue,
    Peers peers,
    HeldJobs held,
    WorkerCapacity capacity,
    WorkerStreams streams,
    SpeechStatistics statistics,
    SttWorkerSettings settings,
    TimeProvider time,
    ILogger<InterimReader> logger) : IReadingLoop
{
    private const int PageSize = 32;

    // Short, for while this waits finals may come, and then another worker should be given the interim.
    private static readonly TimeSpan Block = TimeSpan.FromMilliseconds(500);

    // Ids carry the time of the Redis that has the stream; this machine's clock may differ, and in a cluster other nodes' too.
    private static readonly RedisScript Time = new("return redis.call('TIME')");

    public Task RunAsync(CancellationToken cancellationToken) => WorkerStreams.ReadAllAsync(streams.Others, ReadAsync, cancellationToken);

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
                    await redis.EnsureGroupAsync(stream.Key, stream.Group, cancellationToken);
                prepared = true;
                await held.WaitUntilAtMostAsync(capacity.Slots / 2, cancellationToken);
                await queue.Interims.WaitUntilAtMostAsync(queue.InterimCapacity - 1, cancellationToken);
                var entries = await connection.StreamReadGroupAsync(
                    stream.Key, stream.Group, settings.Worker.WorkerId, PageSize, Block, cancellationToken);
                if (entries.Length > 0)
                    await AcceptAsync(stream, entries, cancellationToken);
                backoff.Reset();
            }
            catch (RedisException exception)
            {
                prepared = false;
                Log.CannotRead(logger, exception.Message);
                await backoff.PauseAsync(cancellationToken);
            }
        }
    }

    private async Task AcceptAsync(JobStream stream, StreamEntry[] entries, CancellationToken cancellationToken)
    {
        StreamId[] ids = [.. entries.Select(entry => entry.StreamId)];
        var acknowledged = redis.StreamAcknowledgeAsync(stream.Key, stream.Group, ids, cancellationToken);
        var deleted = redis.StreamDeleteAsync(stream.Key, ids, cancellationToken);
        var redisTime = (long[])(await redis.EvalAsync(Time, [stream.Key], [], cancellationToken))!;
        var now = DateTimeOffset.FromUnixTimeSeconds(redisTime[0]).ToUnixTimeMilliseconds() + redisTime[1] / 1000;
        await Task.WhenAll(acknowledged, deleted);

        var latest = new Dictionary<(string, int), InterimJob>();
        foreach (var entry in entries)
        {
            var left = settings.InterimTimeout - TimeSpan.FromMilliseconds(now - (long)entry.StreamId.Milliseconds);
            if (left > TimeSpan.Zero && Read(entry, left) is { } job
                && (capacity.Serves(job) || await peers.FindAsync(job.Languages, cancellationToken) is null))
                latest[(job.Audio.ClientId, job.Audio.Segment)] = job;
        }

        // The youngest first: if there is no room for all, the oldest are dropped.
        var accepted = latest.Values.OrderByDescending(job => job.StaleAt).Count(queue.AddInterim);
        statistics.InterimsDropped(entries.Length - accepted);
    }

    private InterimJob? Read(StreamEntry entry, TimeSpan left)
    {
        try
        {
            return entry.TryGet(AudioJobFields.Job, out var bytes) && AudioJob.Read(bytes) is { Kind: AudioJobKind.Interim } audio
                ? new InterimJob(audio, time.GetTimestamp() + (long)(left.TotalSeconds * time.TimestampFrequency))
                : null;
        }
        catch (MalformedMessageException exception)
        {
            Log.Malformed(logger, entry.StreamId, exception.Message);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Cannot read interims, will try again: {Reason}")]
        public static partial void CannotRead(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Warning, "The interim {Id} cannot be read and is dropped: {Reason}")]
        public static partial void Malformed(ILogger logger, StreamId id, string reason);
    }
}
