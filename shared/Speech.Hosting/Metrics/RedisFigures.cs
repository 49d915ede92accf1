using System.Diagnostics.Metrics;
using Speech.Delivery;
using Speech.Delivery.Jobs;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Hosting.Metrics;

/// <summary>How Redis looks from here, asked anew for each reading of the metrics.</summary>
internal sealed class RedisFigures(RedisClient redis, JobOptions options)
{
    private static readonly (string Name, Func<RedisShard, string> KeyIn)[] Measured =
    [
        .. ((string[])[RedisKeys.AudioJobs, RedisKeys.InterimJobs, RedisKeys.TranslationJobs]).Select(stream => (stream, new Func<RedisShard, string>(shard => shard.Stream(stream)))),
        .. ((string[])[RedisKeys.AudioJobs, RedisKeys.TranslationJobs]).Select(stream =>
            (RedisKeys.Dead(stream), new Func<RedisShard, string>(shard => RedisKeys.Dead(shard.Stream(stream))))),
    ];

    private static readonly JobStream[] Served = [JobStream.Audio, JobStream.Translations];

    // Null while Redis cannot be asked.
    private volatile Figures? _figures;

    public static void AddTo(IServiceProvider services, Meter meter)
    {
        var redis = (RedisFigures)services.GetService(typeof(RedisFigures))!;
        meter.CreateObservableGauge("speech.redis.up", () => redis._figures is null ? 0 : 1, null, "Whether this instance reaches Redis.");
        meter.CreateObservableGauge(
            "speech.stream.length", () => redis._figures?.Lengths ?? [], "{entry}",
            "Entries of a stream: jobs that wait or are being worked on; in the dead ones, jobs that were given up.");
        meter.CreateObservableGauge(
            "speech.stream.lag", () => redis._figures?.Lag ?? [], "{entry}", "Jobs that no worker of the group has been given yet.");
        meter.CreateObservableGauge(
            "speech.stream.pending", () => redis._figures?.Pending ?? [], "{entry}",
            "Jobs that a worker of the group has been given and has not finished.");
    }

    public async Task RefreshAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            var lengths = Task.WhenAll(Measured.Select(stream =>
                SumAsync(shard => redis.StreamLengthAsync(stream.KeyIn(shard), cancellationToken))));
            var pending = Task.WhenAll(Served.Select(stream =>
                SumAsync(shard => redis.StreamPendingCountAsync(shard.Stream(stream.Key), stream.Group, cancellationToken))));
            await Task.WhenAll(lengths, pending).WaitAsync(timeout, time, cancellationToken);
            _figures = new Figures(await lengths, await pending);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            _figures = null; // which is what the metric says
        }
    }

    private async Task<long> SumAsync(Func<RedisShard, Task<long>> count) => (await Task.WhenAll(options.Shards.All.Select(count))).Sum();

    private sealed class Figures(long[] lengths, long[] pending)
    {
        public Measurement<long>[] Lengths { get; } =
            [.. Measured.Zip(lengths, (stream, length) => new Measurement<long>(length, KeyValuePair.Create<string, object?>("stream", stream.Name)))];

        public Measurement<long>[] Pending { get; } = [.. Served.Zip(pending, Measure)];

        /// <summary>Finished jobs are deleted: what is there and not pending has been given to nobody.</summary>
        public Measurement<long>[] Lag { get; } =
        [
            .. Served.Zip(pending, (stream, given) =>
                Measure(stream, Math.Max(0, lengths[Array.FindIndex(Measured, measured => measured.Name == stream.Key)] - given))),
        ];

        private static Measurement<long> Measure(JobStream stream, long count) =>
            new(count, KeyValuePair.Create<string, object?>("stream", stream.Key), KeyValuePair.Create<string, object?>("group", stream.Group));
    }
}
