using Prometheus;
using Speech.Delivery;
using Speech.Delivery.Jobs;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Hosting.Metrics;

/// <summary>How Redis looks from here, asked anew for each reading of the metrics.</summary>
internal sealed class RedisFigures(RedisClient redis, JobOptions options, IMetricFactory create, TimeProvider time)
{
    private static readonly (string Name, Func<RedisShard, string> KeyIn)[] Measured =
    [
        .. ((string[])[RedisKeys.AudioJobs, RedisKeys.InterimJobs, RedisKeys.TranslationJobs])
            .Select(stream => (stream, new Func<RedisShard, string>(shard => shard.Stream(stream)))),
        .. ((string[])[RedisKeys.AudioJobs, RedisKeys.TranslationJobs]).Select(stream =>
            (RedisKeys.Dead(stream), new Func<RedisShard, string>(shard => RedisKeys.Dead(shard.Stream(stream))))),
    ];

    private static readonly JobStream[] Served = [JobStream.Audio, JobStream.Translations];

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private readonly Gauge _up = create.CreateGauge("speech_redis_up", "Whether this instance reaches Redis.");

    private readonly Gauge _length = create.CreateGauge(
        "speech_stream_length",
        "Entries of a stream: jobs that wait or are being worked on; in the dead ones, jobs that were given up.",
        ["stream"]);

    private readonly Gauge _lag = create.CreateGauge(
        "speech_stream_lag", "Jobs that no worker of the group has been given yet.", ["stream", "group"]);

    private readonly Gauge _pending = create.CreateGauge(
        "speech_stream_pending", "Jobs that a worker of the group has been given and has not finished.", ["stream", "group"]);

    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            var lengths = Task.WhenAll(Measured.Select(stream =>
                SumAsync(shard => redis.StreamLengthAsync(stream.KeyIn(shard), cancellationToken))));
            var pending = Task.WhenAll(Served.Select(stream =>
                SumAsync(shard => redis.StreamPendingCountAsync(shard.Stream(stream.Key), stream.Group, cancellationToken))));
            await Task.WhenAll(lengths, pending).WaitAsync(Timeout, time, cancellationToken);
            Show(await lengths, await pending);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            Hide();
        }
    }

    private async Task<long> SumAsync(Func<RedisShard, Task<long>> count) => (await Task.WhenAll(options.Shards.All.Select(count))).Sum();

    private void Show(long[] lengths, long[] pending)
    {
        for (var i = 0; i < lengths.Length; i++)
            _length.WithLabels(Measured[i].Name).Set(lengths[i]);
        for (var i = 0; i < pending.Length; i++)
        {
            var (stream, group) = (Served[i].Key, Served[i].Group);
            _pending.WithLabels(stream, group).Set(pending[i]);

            // Finished jobs are deleted: what is there and not pending has been given to nobody.
            var length = lengths[Array.FindIndex(Measured, measured => measured.Name == stream)];
            _lag.WithLabels(stream, group).Set(Math.Max(0, length - pending[i]));
        }
        _up.Set(1);
    }

    /// <summary>What cannot be asked for is not shown as it was.</summary>
    private void Hide()
    {
        foreach (var (stream, _) in Measured)
            _length.WithLabels(stream).Unpublish();
        foreach (var stream in Served)
        {
            _pending.WithLabels(stream.Key, stream.Group).Unpublish();
            _lag.WithLabels(stream.Key, stream.Group).Unpublish();
        }
        _up.Set(0);
    }
}
