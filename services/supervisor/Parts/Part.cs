using System.ComponentModel;
using Speech.Supervisor.Processes;
using Speech.Supervisor.Readiness;

namespace Speech.Supervisor.Parts;

/// <summary>
/// Keeps one process running: start, wait until ready, wait until it ends, wait a little, start again, until asked to stop. A process
/// that fails to become ready the first time is not restarted: the whole start has failed, and <see cref="Ready"/> says why. Nor is one
/// that ends because of its settings, at any time: it would do so again.
/// </summary>
internal sealed class Part(
    PartSpec spec, RotatingLog log, ChildLauncher launcher, FleetSettings settings, StatusLog status, TimeProvider clock)
{
    private const int LinesToShow = 20;

    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan DownloadReportInterval = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RestartBackoff _backoff = new();

    public PartSpec Spec => spec;

    public string Name => spec.Name;

    /// <summary>Completes when the process is ready for the first time; fails with a <see cref="SupervisorException"/>.</summary>
    public Task Ready => _ready.Task;

    /// <summary>The process' ID; a restart changes it.</summary>
    public int ProcessId { get; private set; }

    /// <summary>True when it had to be killed to stop.</summary>
    public bool WasKilled { get; private set; }

    /// <summary>Raised when the process is ready again after a restart.</summary>
    public event Action? Restarted;

    /// <summary>Runs until <paramref name="stop"/> and the end of the process.</summary>
    /// <param name="winding">No more (re)starts: others are already being stopped.</param>
    /// <param name="stop">This part's turn to stop.</param>
    /// <param name="kill">Do not wait for it.</param>
    /// <exception cref="SupervisorException">It was ready once and is not started again: what it was told cannot be.</exception>
    public async Task RunAsync(CancellationToken winding, CancellationToken stop, CancellationToken kill)
    {
        try
        {
            while (!winding.IsCancellationRequested && await TryOnceAsync(winding, stop, kill) is { } pause)
            {
                status.Write($"{Name} starts again in {pause.TotalSeconds:0.0} s");
                await Task.Delay(pause, clock, winding);
            }
        }
        catch (OperationCanceledException) when (winding.IsCancellationRequested)
        {
            // Stopped while waiting for the next start.
        }
        finally
        {
            _ready.TrySetCanceled(CancellationToken.None);
        }
    }

    private async Task<TimeSpan?> TryOnceAsync(CancellationToken winding, CancellationToken stop, CancellationToken kill)
    {
        try
        {
            return await RunOnceAsync(winding, stop, kill);
        }
        catch (SupervisorException error) when (_ready.TrySetException(error))
        {
            return null;
        }
        catch (Exception error) when (error is Win32Exception or IOException)
        {
            var message = $"{Name} could not be started ({spec.Command.Program}): {error.Message}";
            if (_ready.TrySetException(new SupervisorException(message)))
                return null;
            status.Write(message);
            return _backoff.Next(healthy: TimeSpan.Zero);
        }
    }

    /// <returns>How long to wait before the next start, or null for no next one.</returns>
    private async Task<TimeSpan?> RunOnceAsync(CancellationToken winding, CancellationToken stop, CancellationToken kill)
    {
        using var child = await launcher.StartAsync(spec.Command, log);
        ProcessId = child.Id;
        var started = clock.GetTimestamp();
        var problem = await WaitUntilReadyAsync(child, winding);
        var healthySince = clock.GetTimestamp();
        if (problem is null && !winding.IsCancellationRequested)
        {
            status.Write($"{Name} is ready ({clock.GetElapsedTime(started).TotalSeconds:0.0} s, pid {child.Id})");
            if (!_ready.TrySetResult())
                Restarted?.Invoke();
            await EndsAsync(child, winding);
        }
        if (winding.IsCancellationRequested)
        {
            await EndsAsync(child, stop);
            await StopAsync(child, kill);
            return null;
        }

        var endedItself = child.Exited.IsCompleted;
        child.Kill();
        var exitCode = await child.Exited;
        var exit = endedItself ? $" ({Signal.DescribeExit(exitCode)})" : "";
        var message = $"{Name} {problem ?? "ended unexpectedly"}{exit}; {LastOutput()}";
        if (!Ready.IsCompleted || (endedItself && exitCode == ExitCodes.Settings))
            throw new SupervisorException(message);
        status.Write(message);
        return _backoff.Next(clock.GetElapsedTime(healthySince));
    }

    /// <returns>Null if it is ready (or the wait was called off), otherwise what is wrong.</returns>
    private async Task<string?> WaitUntilReadyAsync(ChildProcess child, CancellationToken winding)
    {
        using var limit = new CancellationTokenSource(settings.StartLimit, clock);
        using var givenUp = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, winding);
        var answer = ProbeAnswer.NotYet("was not asked yet");
        var (reported, reportedAt) = ("", 0L);
        try
        {
            while (!child.Exited.IsCompleted)
            {
                answer = await spec.Probe(givenUp.Token);
                switch (answer.State)
                {
                    case ProbeState.Ready:
                        return null;
                    case ProbeState.Failed:
                        return $"cannot become ready: {answer.Text}";
                    case ProbeState.Downloading:
                        limit.CancelAfter(settings.StartLimit);
                        if (answer.Text != reported && (reported.Length == 0 || clock.GetElapsedTime(reportedAt) >= DownloadReportInterval))
                        {
                            (reported, reportedAt) = (answer.Text, clock.GetTimestamp());
                            status.Write($"{Name} is {answer.Text}");
                        }
                        break;
                }
                await Task.WhenAny(child.Exited, Task.Delay(ProbeInterval, clock, givenUp.Token));
                givenUp.Token.ThrowIfCancellationRequested();
            }
            return "ended before it was ready";
        }
        catch (OperationCanceledException) when (winding.IsCancellationRequested)
        {
            return null;
        }
        catch (OperationCanceledException)
        {
            var since = reported.Length == 0 ? "" : " after its download";
            return $"was not ready within {settings.StartLimit.TotalSeconds:0} s{since}: {answer.Text}";
        }
    }

    private async Task StopAsync(ChildProcess child, CancellationToken kill)
    {
        if (child.Exited.IsCompleted)
            return;
        var asked = clock.GetTimestamp();
        child.Terminate();
        using var limit = new CancellationTokenSource(settings.StopLimit, clock);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, kill);
        await EndsAsync(child, enough.Token);
        if (!child.Exited.IsCompleted)
        {
            WasKilled = true;
            child.Kill();
            status.Write($"{Name} did not stop within {clock.GetElapsedTime(asked).TotalSeconds:0.0} s and was killed");
        }
        var exitCode = await child.Exited;
        if (!WasKilled)
            status.Write($"{Name} stopped ({Signal.DescribeExit(exitCode)})");
    }

    private string LastOutput()
    {
        var lines = log.Tail(LinesToShow);
        return lines.Count == 0
            ? $"it wrote nothing to {log.Path}"
            : $"the end of {log.Path}:\n  {string.Join("\n  ", lines)}";
    }

    private static async Task EndsAsync(ChildProcess child, CancellationToken cancellationToken)
    {
        try
        {
            await child.Exited.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The caller looks at the token, and at the process.
        }
    }
}
