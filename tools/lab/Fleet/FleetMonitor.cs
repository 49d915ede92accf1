using Speech.Cli.Fleet;
using Speech.Delivery;
using Speech.Redis;

namespace Speech.Lab.Fleet;

/// <summary>Watches a fleet at work: processor time of its processes, and how many jobs wait.</summary>
internal sealed class FleetMonitor(LocalFleet fleet, TimeProvider clock) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Shorter than any job lasts.</summary>
    private static readonly TimeSpan JobInterval = TimeSpan.FromMilliseconds(2);

    private readonly int _initialParts = fleet.Report.Parts.Count;

    private readonly RedisClient _redis = new(RedisOptions.Parse(fleet.Report.RedisUrl) with { ClientName = "speech-monitor" });
    private readonly Dictionary<int, (string Part, TimeSpan First, TimeSpan Last)> _times = [];

    /// <summary>The most segments seen in the queue at once, those being worked on included.</summary>
    public long DeepestQueue { get; private set; }

    /// <summary>Samples until cancelled; a last time then.</summary>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            SampleTimes();
            DeepestQueue = Math.Max(DeepestQueue, (await AudioQueueAsync(CancellationToken.None)).Depth);
            await Task.Delay(Interval, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        SampleTimes();
    }

    /// <summary>Processor time, while it was watched, of all processes of the parts whose names begin so.</summary>
    public TimeSpan Cpu(string partPrefix) => _times.Values
        .Where(times => times.Part.StartsWith(partPrefix, StringComparison.Ordinal))
        .Aggregate(TimeSpan.Zero, (sum, times) => sum + times.Last - times.First);

    /// <summary>What is left on the queues, of segments and of translations together.</summary>
    public async Task<QueueState> QueueAsync(CancellationToken cancellationToken) =>
        await AudioQueueAsync(cancellationToken) + await QueueAsync(
            RedisKeys.TranslationJobs, RedisKeys.TranslationWorkers, cancellationToken);

    /// <summary>Waits until a worker has a job in its hands.</summary>
    public async Task WaitForPendingJobAsync(CancellationToken cancellationToken)
    {
        while ((await AudioQueueAsync(cancellationToken)).Pending == 0)
            await Task.Delay(JobInterval, clock, cancellationToken);
    }

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    private Task<QueueState> AudioQueueAsync(CancellationToken cancellationToken) =>
        QueueAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, cancellationToken);

    private async Task<QueueState> QueueAsync(string name, string group, CancellationToken cancellationToken)
    {
        var parts = await Task.WhenAll(fleet.Shards.All.Select(shard => PartAsync(shard.Stream(name), group, cancellationToken)));
        return parts.Aggregate((one, other) => one + other);
    }

    private async Task<QueueState> PartAsync(string stream, string group, CancellationToken cancellationToken) => new(
        await _redis.StreamLengthAsync(stream, cancellationToken),
        await _redis.StreamPendingCountAsync(stream, group, cancellationToken),
        await _redis.StreamLengthAsync(RedisKeys.Dead(stream), cancellationToken));

    private void SampleTimes()
    {
        foreach (var part in fleet.Report.Parts)
        {
            if (ProcessStatus.Cpu(part.Pid) is not { } now)
                continue;

            // A process that a restart has brought counts from its beginning.
            var first = _times.TryGetValue(part.Pid, out var times) ? times.First : _times.Count < _initialParts ? now : TimeSpan.Zero;
            _times[part.Pid] = (part.Name, first, now);
        }
    }
}
