using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Speech.Contracts.Jobs;
using Speech.Contracts.Sessions;
using Speech.Delivery.Sessions;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Delivery.Jobs;

/// <summary>The gateways' side of the streams of audio jobs.</summary>
public sealed class AudioJobQueue(
    RedisClient redis, JobOptions options, IJobObserver observer, TimeProvider time, ILogger<AudioJobQueue> logger)
{
    private readonly JobRetry _retry = new(time, logger);
    private readonly ConcurrentDictionary<RedisShard, long> _depths = [];

    /// <summary>
    /// Whole segments that wait or are being worked on, in all shards, as each was last seen from here, by a look or a write; null: never.
    /// </summary>
    public long? KnownDepth => _depths.IsEmpty ? null : _depths.Values.Sum();

    /// <summary>
    /// Queues a whole segment, once (see enqueue.lua), waiting as long as Redis is away. When it returns, the segment's transcript
    /// is certain to come, or a failure in its place.
    /// </summary>
    /// <param name="job">The next segment of its client.</param>
    /// <param name="committedSeconds">How far the client's audio is safe with this segment; not before its end.</param>
    /// <param name="lastSeq">The last seq that the gateway has seen for the client: numbers go on from it should Redis have lost the
    /// session.</param>
    /// <param name="cancellationToken">Ends the waiting; the segment may then have been queued or not.</param>
    public Task<EnqueueResult> EnqueueAsync(AudioJob job, double committedSeconds, long lastSeq, CancellationToken cancellationToken) =>
        EnqueueAsync(job, new SessionProgress(committedSeconds, default), lastSeq, owner: "", most: 0, cancellationToken);

    /// <summary>The same for who has the client: nothing is queued unless it still has.</summary>
    internal async Task<EnqueueResult> EnqueueAsync(
        AudioJob job, SessionProgress progress, long lastSeq, string owner, int most, CancellationToken cancellationToken)
    {
        if (job.Kind != AudioJobKind.Final)
            throw new ArgumentException("Only whole segments are queued here.", nameof(job));
        var shard = options.Shards.Of(job.ClientId);
        RedisKey[] keys = [shard.Stream(RedisKeys.AudioJobs), shard.Session(job.ClientId), shard.History(job.ClientId)];
        RedisValue[] arguments =
        [
            job.Segment,
            progress.CommittedSeconds,
            options.HistoryTtlSeconds,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{job.Segment}:{job.CreatedAt.ToUnixTimeMilliseconds()}:{job.Start:R}:{job.End:R}:{job.Audio.Length}"),
            lastSeq,
            owner,
            progress.State,
            most,
            .. EntryOf(job),
        ];
        var reply = await _retry.EvalAsync(redis, JobScripts.Enqueue, keys, arguments, cancellationToken);
        if (reply.Resp3Type == ResultType.Array)
        {
            _depths[shard] = (long)reply[1];
            observer.SegmentAccepted();
            return EnqueueResult.Added;
        }
        return ((long)reply) switch
        {
            0 => EnqueueResult.AlreadyQueued,
            -2 => EnqueueResult.SessionLost,
            -3 => EnqueueResult.NoRoom,
            _ => EnqueueResult.OutOfOrder,
        };
    }

    /// <summary>
    /// Queues the beginning of a segment that goes on. Worth nothing later, so nothing is repeated: throws when Redis is not there.
    /// </summary>
    public async Task EnqueueInterimAsync(AudioJob job, CancellationToken cancellationToken)
    {
        if (job.Kind != AudioJobKind.Interim)
            throw new ArgumentException("Only parts of segments are queued here.", nameof(job));
        RedisKey stream = options.Shards.Of(job.ClientId).Stream(RedisKeys.InterimJobs);
        await redis.ExecuteAsync(
            "XADD", [stream, "MAXLEN", "=", options.MaxInterimJobs, "*", .. EntryOf(job).Cast<object>()], cancellationToken);
    }

    /// <summary>Whole segments that wait or are being worked on.</summary>
    public async Task<long> DepthAsync(CancellationToken cancellationToken) =>
        (await Task.WhenAll(options.Shards.All.Select(shard => DepthAsync(shard, cancellationToken)))).Sum();

    /// <summary>The same, of one shard.</summary>
    public async Task<long> DepthAsync(RedisShard shard, CancellationToken cancellationToken) =>
        _depths[shard] = await redis.StreamLengthAsync(shard.Stream(RedisKeys.AudioJobs), cancellationToken);

    /// <summary>Entries of a stream, in all shards together.</summary>
    public async Task<long> LengthAsync(string stream, CancellationToken cancellationToken) =>
        (await Task.WhenAll(options.Shards.All.Select(shard => redis.StreamLengthAsync(shard.Stream(stream), cancellationToken)))).Sum();

    private static RedisValue[] EntryOf(AudioJob job)
    {
        var body = new ArrayBufferWriter<byte>(job.Audio.Length + 512);
        job.Write(body);
        return
        [
            AudioJobFields.ClientId, job.ClientId,
            AudioJobFields.Segment, job.Segment,
            AudioJobFields.Kind, job.Kind.ToWireName(),
            AudioJobFields.DurationMs, job.DurationMs,
            AudioJobFields.Job, body.WrittenMemory,
        ];
    }
}
