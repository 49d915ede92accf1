using Speech.Delivery.Jobs;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Gateway.Status;

/// <summary>
/// How deep the queue of audio jobs is, so that sessions need not ask for every segment: each write tells, and once a second a look does.
/// </summary>
internal sealed class QueueDepthMonitor(AudioJobQueue jobs, GatewayOptions options, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    // Of the last looks: about five seconds of them tell how fast the queue falls.
    private const double Smoothing = 0.2;

    private volatile bool _isKnown;
    private double _fallPerSecond;

    /// <summary>How often it looks.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Segments that wait or are being worked on; null when Redis could not be asked.</summary>
    public long? Depth => _isKnown ? jobs.KnownDepth : null;

    /// <summary>The workers do not keep up: gateways have to hold back.</summary>
    public bool IsOverloaded => Depth >= options.MaxQueueDepth;

    /// <summary>Interims are the first to go: they stop when the queue is half full.</summary>
    public bool HasRoomForInterims => Depth is not { } depth || depth <= options.MaxQueueDepth / 2;

    /// <summary>
    /// When the queue will be short enough again if it goes on to fall as it did; with jitter, that not all come back at once.
    /// </summary>
    public TimeSpan RetryAfter
    {
        get
        {
            var fall = Volatile.Read(ref _fallPerSecond);
            var excess = (Depth ?? 0) - options.MaxQueueDepth + 1;
            var seconds = fall * LongestWait.TotalSeconds <= excess
                ? LongestWait.TotalSeconds : Math.Max(excess / fall, ShortestWait.TotalSeconds);
            return TimeSpan.FromSeconds(seconds * (1 + Random.Shared.NextDouble() / 2));
        }
    }

    /// <summary>Looks now.</summary>
    /// <exception cref="RedisException">Redis is not there.</exception>
    public async Task<bool> IsOverloadedNowAsync(CancellationToken cancellationToken)
    {
        await jobs.DepthAsync(cancellationToken);
        _isKnown = true;
        return IsOverloaded;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(stoppingToken);
                var before = Depth;
                await IsOverloadedNowAsync(stoppingToken);
                if (before is { } then && Depth is { } now)
                    Volatile.Write(ref _fallPerSecond, (1 - Smoothing) * _fallPerSecond + Smoothing * (then - now) / Interval.TotalSeconds);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (RedisException)
            {
                // Its absence is logged and shown in /health by others; with nothing known, nobody is held back for the queue's sake.
                _isKnown = false;
            }
        }
    }
}
