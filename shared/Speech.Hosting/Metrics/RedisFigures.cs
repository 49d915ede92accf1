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
    private volatile Figures? _figures;

    public static void AddTo(IServiceProvider services, Meter meter)
    {
        var redis = (RedisFigures)services.GetService(typeof(RedisFigures))!;
        meter.CreateObservableGauge("speech.redis.up", () => redis._figures is null ? 0 : 1, null, "Whether this instance reaches Redis.");
        meter.CreateObservableGauge(
            "speech.stream.length", () => redis._figures?.Lengths ?? [], "{entry}",
            "Entries of a stream: jobs that wait or are being worked on; in the dead ones, jobs that were given up.");
        meter.CreateObservableGauge(
            "speech.stream.lag", () => redis._figures?.Groups.Select(group => group.Lag) ?? [], "{entry}", "Jobs that no worker of the group has been given yet.");
        meter.CreateObservableGauge(
            "speech.stream.pending", () => redis._figures?.Groups.Select(group => group.Pending) ?? [], "{entry}",
            "Jobs that a worker of the group has been given and has not finished.");
    }

    public async Task RefreshAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            var lengths = Task.WhenAll(Measured.Select(stream => MeasureAsync(stream.Name, stream.KeyIn, cancellationToken)));
            var groups = Task.WhenAll(MeasureAsync(JobStream.Audio, cancellationToken), MeasureAsync(JobStream.Translations, cancellationToken));
            await Task.WhenAll(lengths, groups).WaitAsync(timeout, time, cancellationToken);
            _figures = new Figures(await lengths, await groups);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            _figures = null; // which is what the metric says
        }
    }

    private async Task<Measurement<long>> MeasureAsync(string name, Func<RedisShard, string> keyIn, CancellationToken cancellationToken)
    {
        var lengths = await Task.WhenAll(options.Shards.All.Select(shard => redis.StreamLengthAsync(keyIn(shard), cancellationToken)));
        return new Measurement<long>(lengths.Sum(), KeyValuePair.Create<string, object?>("stream", name));
    }

    private async Task<(Measurement<long> Lag, Measurement<long> Pending)> MeasureAsync(JobStream stream, CancellationToken cancellationToken)
    {
        var shards = options.Shards.All.Select(stream.In).ToArray();
        var lengths = Task.WhenAll(shards.Select(shard => redis.StreamLengthAsync(shard.Key, cancellationToken)));
        var pending = Task.WhenAll(shards.Select(shard => PendingAsync(shard, cancellationToken)));
        await Task.WhenAll(lengths, pending);

        // Finished jobs are deleted: what is there and not pending has been given to nobody.
        var (length, given) = ((await lengths).Sum(), (await pending).Sum());
        KeyValuePair<string, object?>[] tags = [new("stream", stream.Key), new("group", stream.Group)];
        return (new Measurement<long>(Math.Max(0, length - given), tags), new Measurement<long>(given, tags));
    }

    private async Task<long> PendingAsync(JobStream stream, CancellationToken cancellationToken)
    {
        try
        {
            return (await redis.StreamPendingAsync(stream.Key, stream.Group, cancellationToken)).Count;
        }
        catch (RedisServerException error) when (error.Code == "NOGROUP")
        {
            return 0; // nobody has ever worked on it
        }
    }

    private sealed record Figures(Measurement<long>[] Lengths, (Measurement<long> Lag, Measurement<long> Pending)[] Groups);
}
