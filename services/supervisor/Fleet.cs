using Speech.Redis;
using Speech.Supervisor.Parts;
using Speech.Supervisor.Processes;
using Speech.Supervisor.Readiness;

namespace Speech.Supervisor;

/// <summary>All parts together: up in the order of their dependencies, down in the reverse one.</summary>
internal sealed class Fleet : IDisposable
{
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(250);

    private readonly FleetSettings _settings;
    private readonly StatusLog _status;
    private readonly TimeProvider _clock;
    private readonly Plan _plan;
    private readonly ReadyFile _readyFile;
    private readonly ChildLauncher _launcher = new();
    private readonly CancellationTokenSource _winding = new();
    private readonly Stage _redis;
    private readonly Stage _workers;
    private readonly Stage _gateways;

    public Fleet(FleetSettings settings, StatusLog status, TimeProvider clock)
    {
        (_settings, _status, _clock) = (settings, status, clock);
        _plan = Plan.Make(settings);
        _readyFile = new ReadyFile(settings.ReadyFile is null ? [settings.StateFile] : [settings.StateFile, settings.ReadyFile], _plan);
        _readyFile.Dispose(); // One that a killed predecessor left behind.
        _redis = new Stage(_plan.Redis is null ? [] : [MakePart(_plan.Redis)]);
        _workers = new Stage([.. _plan.Workers.Select(MakePart)]);
        _gateways = new Stage([.. _plan.Gateways.Select(MakePart)]);
    }

    /// <summary>
    /// Runs everything until <paramref name="stop"/>; then stops it, waiting for each part unless <paramref name="kill"/>.
    /// </summary>
    /// <returns>An <see cref="ExitCodes"/> value.</returns>
    public async Task<int> RunAsync(TextWriter output, CancellationToken stop, CancellationToken kill)
    {
        var failed = false;
        try
        {
            await StartAsync(stop, kill);
            _readyFile.Write(Parts());
            await Summary.WriteAsync(output, _plan, _settings);
            foreach (var part in Parts())
                part.Restarted += () => _readyFile.Write(Parts());
            await RunsAsync().WaitAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // As asked.
        }
        catch (SupervisorException error)
        {
            failed = true;
            _status.Write(error.Message);
        }
        finally
        {
            await _winding.CancelAsync();
            foreach (var stage in (Stage[])[_gateways, _workers, _redis])
                await stage.StopAsync();
        }
        return failed || Parts().Any(part => part.WasKilled) ? ExitCodes.Failed : ExitCodes.Stopped;
    }

    public void Dispose()
    {
        _readyFile.Dispose();
        foreach (var stage in (Stage[])[_gateways, _workers, _redis])
            stage.Dispose();
        _winding.Dispose();
        _launcher.Dispose();
    }

    private async Task StartAsync(CancellationToken stop, CancellationToken kill)
    {
        if (_plan.Redis is null)
            await WaitForRedisAsync(stop);
        await _redis.StartAsync(_winding.Token, kill, stop);
        var workers = _workers.StartAsync(_winding.Token, kill, stop);
        var gateways = _gateways.StartAsync(_winding.Token, kill, stop);
        await await Task.WhenAny(workers, gateways);
        await Task.WhenAll(workers, gateways);
    }

    private async Task WaitForRedisAsync(CancellationToken stop)
    {
        var probe = RedisPing.At(RedisOptions.Parse(_plan.RedisUrl));
        var started = _clock.GetTimestamp();
        while (await probe(stop) is { State: not ProbeState.Ready } answer)
        {
            if (_clock.GetElapsedTime(started) > _settings.StartLimit)
                throw new SupervisorException($"{answer.Text}; start it, or correct --redis-url.");
            await Task.Delay(ProbeInterval, _clock, stop);
        }
    }

    // Parts run until they are stopped, so this ends only when one gives up, or by a defect of ours, which must not go unnoticed.
    private async Task RunsAsync() =>
        await await Task.WhenAny([.. _redis.Runs, .. _workers.Runs, .. _gateways.Runs, Task.Delay(Timeout.Infinite)]);

    private Part[] Parts() => [.. _redis.Parts, .. _workers.Parts, .. _gateways.Parts];

    private Part MakePart(PartSpec spec)
    {
        var log = new RotatingLog(Path.Combine(_settings.LogDirectory, spec.Name + ".log"), _status);
        return new Part(spec, log, _launcher, _settings, _status, _clock);
    }
}
