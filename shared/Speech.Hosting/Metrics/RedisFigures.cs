using System.Diagnostics.Metrics;
using Speech.Contracts;
using Speech.Redis;

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

    // Null while Redis cannot be asked.
    private volatile Measurement<long>[]? _lengths;

    public static void AddTo(IServiceProvider services, Meter meter)
    {
        var figures = (RedisFigures)services.GetService(typeof(RedisFigures))!;
        meter.CreateObservableGauge("speech.redis.up", () => figures._lengths is null ? 0 : 1, null, "Whether this instance reaches Redis.");
        meter.CreateObservableGauge(
            "speech.stream.length", () => figures._lengths ?? [], "{entry}",
            "Entries of a stream: jobs that wait or are being worked on; in the dead ones, jobs that were given up.");
    }

    public async Task RefreshAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            _lengths = await Task.WhenAll(Measured.Select(stream => MeasureAsync(stream.Name, stream.KeyIn, cancellationToken)))
                .WaitAsync(timeout, time, cancellationToken);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            _lengths = null; // which is what the metric says
        }
    }

    private async Task<Measurement<long>> MeasureAsync(string name, Func<RedisShard, string> keyIn, CancellationToken cancellationToken)
    {
        var lengths = await Task.WhenAll(options.Shards.All.Select(shard => redis.StreamLengthAsync(keyIn(shard), cancellationToken)));
        return new Measurement<long>(lengths.Sum(), KeyValuePair.Create<string, object?>("stream", name));
    }
}
