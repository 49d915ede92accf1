using System.Globalization;
using Microsoft.Extensions.Logging;
using Speech.Contracts;
using Speech.Redis;

namespace Speech.Workers;

/// <summary>
/// Says in Redis that this worker lives: the hash <c>worker:&lt;id&gt;</c>, which expires soon after it is no longer renewed. For
/// people and the supervisor, and for other workers, which take over the jobs of one that has no heartbeat.
/// </summary>
internal sealed partial class Heartbeat(
    RedisClient redis,
    ModelLoop model,
    HeldJobs held,
    ModelQueue queue,
    WorkerRole role,
    WorkerSettings settings,
    TimeProvider time,
    ILogger<Heartbeat> logger)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1500);

    // In one script: a hash without its time to live would keep a dead worker alive for ever.
    private static readonly RedisScript Beat = new(
        """
        redis.call('HSET', KEYS[1], unpack(ARGV, 2))
        return redis.call('PEXPIRE', KEYS[1], ARGV[1])
        """);

    private readonly DateTimeOffset _started = time.GetUtcNow();
    private long _steadyFrom = long.MinValue;

    /// <summary>
    /// Whether a missing heartbeat means a dead worker. Not so for a while after Redis was away: then all heartbeats have expired.
    /// </summary>
    public bool IsSteady => time.GetTimestamp() >= Interlocked.Read(ref _steadyFrom);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            var begun = time.GetTimestamp();
            try
            {
                await BeatAsync(cancellationToken);
                if (time.GetElapsedTime(begun) > Interval)
                    Unsettle();
            }
            catch (RedisException exception)
            {
                Unsettle();
                Log.CannotBeat(logger, exception.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    public Task BeatAsync(CancellationToken cancellationToken)
    {
        var status = model.Status;
        return redis.EvalAsync(
            Beat,
            [RedisKeys.Worker(settings.WorkerId)],
            [
                (long)Lifetime.TotalMilliseconds,
                "role", role.Name,
                "model", settings.Model,
                "model_state", status.Phase.ToString().ToLowerInvariant(),
                "device", status.Device ?? "",
                "slots", settings.Slots,
                "busy", held.Count + queue.Unheld,
                "host", Environment.MachineName,
                "pid", Environment.ProcessId,
                "started", _started.ToString("o", CultureInfo.InvariantCulture),
            ],
            cancellationToken);
    }

    public Task EndAsync(CancellationToken cancellationToken) => redis.KeyDeleteAsync(RedisKeys.Worker(settings.WorkerId), cancellationToken);

    private void Unsettle() =>
        Interlocked.Exchange(ref _steadyFrom, time.GetTimestamp() + (long)(Lifetime.TotalSeconds * time.TimestampFrequency));

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Cannot renew the heartbeat: {Reason}")]
        public static partial void CannotBeat(ILogger logger, string reason);
    }
}
