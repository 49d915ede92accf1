using System.Globalization;
using Speech.Delivery;
using Speech.Delivery.Heartbeats;
using Speech.Gateway.Sessions;
using Speech.Hosting;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Gateway.Status;

/// <summary>
/// Says in Redis that this gateway lives: the hash <c>gateway:&lt;id&gt;</c>, which expires soon after it is no longer renewed. Only for
/// people to see; no gateway depends on another.
/// </summary>
internal sealed partial class GatewayHeartbeat(
    RedisClient redis,
    HeartbeatStore store,
    Handover handover,
    SessionRegistry sessions,
    GatewayOptions options,
    ServiceInfo info,
    TimeProvider time,
    ILogger<GatewayHeartbeat> logger)
    : BackgroundService
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1500);
    private static readonly TimeSpan Farewell = TimeSpan.FromMilliseconds(300);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                try
                {
                    await BeatAsync(stoppingToken);
                }
                catch (RedisException exception)
                {
                    Log.CannotBeat(logger, exception.Message);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await SayFarewellAsync();
        }
    }

    private Task BeatAsync(CancellationToken cancellationToken) => store.BeatAsync(
        handover.GatewayId,
        Lifetime,
        [
            "role", "gateway",
            "sessions", sessions.Count,
            "max_sessions", options.MaxSessions,
            "host", Environment.MachineName,
            "pid", Environment.ProcessId,
            "started", info.StartedAt.ToString("o", CultureInfo.InvariantCulture),
        ],
        cancellationToken);

    private async Task SayFarewellAsync()
    {
        try
        {
            await redis.KeyDeleteAsync(RedisKeys.Gateway(handover.GatewayId), CancellationToken.None).WaitAsync(Farewell, time);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            Log.CannotBeat(logger, exception.Message); // it expires by itself
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Cannot renew the heartbeat: {Reason}")]
        public static partial void CannotBeat(ILogger logger, string reason);
    }
}
