using System.Diagnostics.Metrics;
using Speech.Contracts;
using Speech.Redis;

namespace Speech.Hosting.Metrics;

/// <summary>How Redis looks from here, asked anew for each reading of the metrics.</summary>
internal sealed class RedisFigures(RedisClient redis)
{
    private static readonly string[] Streams =
    [
        RedisKeys.AudioJobs,
        RedisKeys.InterimJobs,
        RedisKeys.TranslationJobs,
        RedisKeys.Dead(RedisKeys.AudioJobs),
        RedisKeys.Dead(RedisKeys.TranslationJobs),
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
            var lengths = Streams.Select(async stream => new Measurement<long>(
                await redis.StreamLengthAsync(stream, cancellationToken), KeyValuePair.Create<string, object?>("stream", stream)));
            _lengths = await Task.WhenAll(lengths).WaitAsync(timeout, time, cancellationToken);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            _lengths = null; // which is what the metric says
        }
    }
}
