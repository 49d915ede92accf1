using Speech.Hosting;
using Speech.Redis;

namespace Speech.Gateway.Status;

/// <summary>Looks once a second how deep the queue of audio jobs is, so that sessions need not ask for every segment.</summary>
internal sealed class QueueDepthMonitor(AudioJobQueue jobs, GatewayOptions options, TimeProvider time) : BackgroundService
{
    private long _depth = -1;

    /// <summary>How often it looks.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Segments that wait or are being worked on; null when Redis could not be asked.</summary>
    public long? Depth => Volatile.Read(ref _depth) is >= 0 and var depth ? depth : null;

    /// <summary>The workers do not keep up: gateways have to hold back.</summary>
    public bool IsOverloaded => Volatile.Read(ref _depth) > options.MaxQueueDepth;

    /// <summary>Looks now.</summary>
    /// <exception cref="RedisException">Redis is not there.</exception>
    public async Task<bool> IsOverloadedNowAsync(CancellationToken cancellationToken)
    {
        Volatile.Write(ref _depth, await jobs.DepthAsync(cancellationToken));
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
                await IsOverloadedNowAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (RedisException)
            {
                // Its absence is logged and shown in /health by others; with nothing known, nobody is held back for the queue's sake.
                Volatile.Write(ref _depth, -1);
            }
        }
    }
}
