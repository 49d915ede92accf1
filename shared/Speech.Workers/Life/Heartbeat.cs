using System.Globalization;
using Microsoft.Extensions.Logging;
using Speech.Contracts.Server;
using Speech.Delivery;
using Speech.Delivery.Heartbeats;
using Speech.Redis;
using Speech.Workers.Jobs;
using Speech.Workers.Model;
using StackExchange.Redis;

namespace Speech.Workers.Life;

// A worker's name is its consumer's in the group: two that shared one would each take the other's jobs for its own, left from before a
// restart. So the heartbeat is also the claim to the name. It carries the instance, a random name of this very process, and is written
// only where there is none, or this instance's own:
//
//   there is none                      the name is taken; also again, when it had expired while this process stood still
//   another's, and it is renewed       two share the name: this worker ends
//   another's, and it is not renewed   that of a process that was killed: waited for until it expires, or not at all where it can be
//                                      seen that the process is gone

/// <summary>
/// Says in Redis that this worker lives: the hash <c>worker:&lt;id&gt;</c>, which expires soon after it is no longer renewed. For
/// people and the supervisor, and for other workers, which take over the jobs of one that has no heartbeat.
/// </summary>
internal sealed partial class Heartbeat(
    HeartbeatStore store,
    ModelLoop model,
    HeldJobs held,
    ModelQueue queue,
    WorkerCapacity capacity,
    WorkerRole role,
    WorkerSettings settings,
    TimeProvider time,
    ILogger<Heartbeat> logger)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1500);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    private readonly DateTimeOffset _started = time.GetUtcNow();
    private readonly string _instance = Guid.NewGuid().ToString("N");
    private readonly TaskCompletionSource _claimed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isLost;
    private long _steadyFrom = long.MinValue;

    /// <summary>Completes when the name is this worker's; nothing may be read under it before.</summary>
    public Task Claimed => _claimed.Task;

    /// <summary>Whether the name is this worker's. What is pending under it is another's, if not.</summary>
    public bool HasName => Claimed.IsCompleted && !_isLost;

    /// <summary>
    /// Whether a missing heartbeat means a dead worker. Not so for a while after Redis was away: then all heartbeats have expired.
    /// </summary>
    public bool IsSteady => time.GetTimestamp() >= Interlocked.Read(ref _steadyFrom);

    /// <summary>Takes the name, and keeps it.</summary>
    /// <exception cref="WorkerIdTakenException">Another worker has it, and lives.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await ClaimAsync(cancellationToken);
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            if (await TryBeatAsync(displaced: "", cancellationToken) is { } other)
                throw Taken(other);
        }
    }

    public Task EndAsync(CancellationToken cancellationToken) => store.EndAsync(settings.WorkerId, _instance, cancellationToken);

    private async Task ClaimAsync(CancellationToken cancellationToken)
    {
        NameHolder? before = null;
        var (displaced, first) = ("", 0L);
        while (true)
        {
            var holder = await TryBeatAsync(displaced, cancellationToken);
            if (holder is null)
            {
                _claimed.SetResult();
                return;
            }
            if (holder != NameHolder.Unknown)
            {
                if (holder.IsGone())
                    displaced = holder.Instance;
                else if (before is not null && (holder.IsRenewedSince(before) || time.GetElapsedTime(first) > Lifetime + Interval))
                    throw Taken(holder);
                if (before is null)
                {
                    first = time.GetTimestamp();
                    Log.Waiting(logger, settings.WorkerId, holder);
                }
                before = holder;
            }
            await Task.Delay(holder == NameHolder.Unknown ? Interval : LookInterval, time, cancellationToken);
        }
    }

    private WorkerIdTakenException Taken(NameHolder holder)
    {
        _isLost = true;
        return new WorkerIdTakenException(settings.WorkerId, holder);
    }

    /// <returns>Null: done. Else who has the name; <see cref="NameHolder.Unknown"/> when Redis cannot be asked.</returns>
    private async Task<NameHolder?> TryBeatAsync(string displaced, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        try
        {
            var holder = await BeatAsync(displaced, cancellationToken);
            if (time.GetElapsedTime(begun) > Interval)
                Unsettle();
            return holder;
        }
        catch (RedisException exception)
        {
            Unsettle();
            Log.CannotBeat(logger, exception.Message);
            return Claimed.IsCompleted ? null : NameHolder.Unknown;
        }
    }

    private Task<NameHolder?> BeatAsync(string displaced, CancellationToken cancellationToken)
    {
        var status = model.Status;
        return store.BeatAsync(
            settings.WorkerId,
            _instance,
            displaced,
            Lifetime,
            [
                "role", role.Name,
                "model", settings.Model,
                "model_state", status.Phase.ToString().ToLowerInvariant(),
                "device", status.Device ?? "",
                "languages", string.Join(' ', capacity.Languages),
                "slots", capacity.Slots,
                "busy", held.Count + queue.Unheld,
                "host", Environment.MachineName,
                "pid", Environment.ProcessId,
                "processes", NameHolder.Processes,
                "started", _started.ToString("o", CultureInfo.InvariantCulture),
            ],
            cancellationToken);
    }

    private void Unsettle() =>
        Interlocked.Exchange(ref _steadyFrom, time.GetTimestamp() + (long)(Lifetime.TotalSeconds * time.TimestampFrequency));

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Cannot renew the heartbeat: {Reason}")]
        public static partial void CannotBeat(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Information, "Another worker had the name {WorkerId}: {Holder}; waiting until its heartbeat expires")]
        public static partial void Waiting(ILogger logger, string workerId, NameHolder holder);
    }
}
