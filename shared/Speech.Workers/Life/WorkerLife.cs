using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Speech.Delivery.Jobs;
using Speech.Hosting;
using Speech.Redis;
using Speech.Workers.Jobs;
using Speech.Workers.Model;
using StackExchange.Redis;

namespace Speech.Workers.Life;

/// <summary>
/// The worker from start to end. It begins to read when its name is its own and the model is loaded; where either cannot be, for what it
/// was set to, it ends with <see cref="SpeechHost.SettingsExitCode"/>. When it is told to stop, it reads no more, gives back at once what
/// it has not begun, lets the model finish the rest, and gives back what is then still undone, so that nobody waits for JOB_TIMEOUT: all
/// within the host's shutdown time, which is shorter than what the supervisor waits before it kills.
/// </summary>
internal sealed partial class WorkerLife(
    ModelLoop model,
    JobReader reader,
    IEnumerable<IReadingLoop> otherReaders,
    AbandonedJobs abandoned,
    Leases leases,
    JobFinisher finisher,
    Heartbeat heartbeat,
    HeldJobs held,
    ModelQueue queue,
    RedisClient redis,
    WorkerStreams streams,
    WorkerSettings settings,
    IOptions<HostOptions> host,
    IHostApplicationLifetime application,
    TimeProvider time,
    ILogger<WorkerLife> logger) : IHostedService, IDisposable
{
    // Of the shutdown time, for the last words to Redis.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _reading = new();
    private readonly CancellationTokenSource _working = new();
    private Task _readers = Task.CompletedTask;
    private Task _others = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        model.Start();
        _others = Task.WhenAll(
            RunAsync(KeepNameAsync, _working.Token),
            RunAsync(leases.RunAsync, _working.Token),
            RunAsync(finisher.RunAsync, _working.Token));
        _readers = RunAsync(ReadAsync, _reading.Token);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        await _reading.CancelAsync();
        await _readers;
        if (!heartbeat.HasName)
        {
            await AbandonAsync();
            return;
        }
        var waiting = queue.Close();
        Log.Draining(logger, held.Count - waiting.Count, waiting.Count);
        await GiveBackAsync(
            // Stopping is nobody's fault: this delivery does not count.
            Task.WhenAll(waiting.Select(job => leases.GiveBackAsync(job.Stream, job.Id, job.Deliveries - 1, cancellationToken))),
            waiting,
            cancellationToken);
        await DrainAsync(host.Value.ShutdownTimeout - Farewell - time.GetElapsedTime(begun), cancellationToken);

        model.Abort();
        await _working.CancelAsync();
        await _others;
        await GiveBackAsync(leases.GiveBackAllAsync(cancellationToken), held.All, cancellationToken);
        await SayFarewellAsync(cancellationToken);
    }

    public void Dispose()
    {
        _reading.Dispose();
        _working.Dispose();
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await model.Ready.WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (model.Ready.IsFaulted)
        {
            EndForSettings($"{settings.ModelSetting} is '{settings.Model}'. {exception.Message}");
            return;
        }
        await heartbeat.Claimed.WaitAsync(cancellationToken);

        Func<CancellationToken, Task>[] loops =
            [reader.RunAsync, abandoned.RunAsync, model.Ended.WaitAsync, .. otherReaders.Select(
                other => (Func<CancellationToken, Task>)other.RunAsync)];
        await Task.WhenAll(loops.Select(loop => RunAsync(loop, cancellationToken)));
    }

    private async Task KeepNameAsync(CancellationToken cancellationToken)
    {
        try
        {
            await heartbeat.RunAsync(cancellationToken);
        }
        catch (WorkerIdTakenException exception)
        {
            EndForSettings(exception.Message);
        }
    }

    /// <summary>Ends the worker, which starting it again would not help.</summary>
    private void EndForSettings(string problem)
    {
        Log.SettingsWrong(logger, problem);
        Environment.ExitCode = SpeechHost.SettingsExitCode;
        _ = _reading.CancelAsync();
        Stop();
    }

    /// <summary>A host that is asked to stop while it starts takes that for a failure.</summary>
    private void Stop() => application.ApplicationStarted.Register(application.StopApplication);

    /// <summary>Leaves everything as it is: what is pending under this worker's name is for its holder to take up.</summary>
    private async Task AbandonAsync()
    {
        queue.Close();
        model.Abort();
        await _working.CancelAsync();
        await _others;
    }

    /// <summary>
    /// Runs one of the worker's loops. These handle what can be expected to fail; anything else ends the worker, and the supervisor starts
    /// a new one.
    /// </summary>
    private async Task RunAsync(Func<CancellationToken, Task> loop, CancellationToken cancellationToken)
    {
        try
        {
            await loop(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
        catch (Exception exception)
        {
            Log.Broken(logger, exception);
            Environment.ExitCode = 1;
            Stop();
        }
    }

    private async Task DrainAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (patience <= TimeSpan.Zero)
            return;
        using var deadline = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await held.WaitUntilAtMostAsync(0, either.Token);
        }
        catch (OperationCanceledException)
        {
            Log.OutOfTime(logger, held.Count);
        }
    }

    private async Task GiveBackAsync(Task givingBack, IReadOnlyCollection<JobDelivery> deliveries, CancellationToken cancellationToken)
    {
        try
        {
            await givingBack.WaitAsync(Farewell / 2, time, cancellationToken);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException or OperationCanceledException)
        {
            Log.CannotGiveBack(logger, deliveries.Count, exception.Message);
        }

        foreach (var delivery in deliveries)
            held.LetGo(delivery);
    }

    private async Task SayFarewellAsync(CancellationToken cancellationToken)
    {
        try
        {
            var leaving = streams.Jobs.Concat(streams.Others)
                .Select(stream => redis.RemoveIdleConsumerAsync(stream.Key, stream.Group, settings.WorkerId, cancellationToken));
            await Task.WhenAll([heartbeat.EndAsync(cancellationToken), .. leaving]).WaitAsync(Farewell / 2, time, cancellationToken);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException or OperationCanceledException)
        {
            Log.NoFarewell(logger, exception.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Finishing {Running} jobs and giving back {Waiting} that have not been begun")]
        public static partial void Draining(ILogger logger, int running, int waiting);

        [LoggerMessage(2, LogLevel.Warning, "Out of time; giving back {Count} unfinished jobs")]
        public static partial void OutOfTime(ILogger logger, int count);

        [LoggerMessage(
            3, LogLevel.Warning, "Could not give back {Count} jobs, others will claim them when the heartbeat has expired: {Reason}")]
        public static partial void CannotGiveBack(ILogger logger, int count, string reason);

        [LoggerMessage(4, LogLevel.Warning, "Could not sign off: {Reason}")]
        public static partial void NoFarewell(ILogger logger, string reason);

        [LoggerMessage(6, LogLevel.Critical, "{Problem}")]
        public static partial void SettingsWrong(ILogger logger, string problem);

        [LoggerMessage(5, LogLevel.Critical, "A part of the worker has broken; ending")]
        public static partial void Broken(ILogger logger, Exception exception);
    }
}
