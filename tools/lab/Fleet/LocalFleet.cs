// A Redis, workers and gateways of our own, on free ports, with their data in a temporary folder: started and stopped by the supervisor,
// which we start and stop. It gets a session of its own (setsid), so that a Ctrl-C in the terminal comes to us alone and we say
// when it stops; and it stops when its standard input ends, which we hold: whatever kills us, nothing is left running.
using System.Diagnostics;
using Speech.Cli.Fleet;
using Speech.Delivery;

namespace Speech.Lab.Fleet;

internal sealed class LocalFleet : IAsyncDisposable
{
    private const int LinesKept = 20;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>The supervisor gives each of its three stages 5 s before it kills.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    /// <summary>For a fleet that nobody wants to know anything of any more, after Ctrl-C: its data are thrown away, so nothing is
    /// lost.</summary>
    private static readonly TimeSpan AbandonLimit = TimeSpan.FromSeconds(2);

    private readonly Process _supervisor;
    private readonly DirectoryInfo _folder;
    private readonly Queue<string> _lastLines = new();
    private readonly HashSet<int> _processIds = [];
    private FleetReport? _report;

    private LocalFleet(FleetOptions options)
    {
        Interruption.HasServices();
        Shards = options.Shards;
        LogFolder = Path.Combine(Installation.Home(), "logs", options.Name);
        _folder = Directory.CreateTempSubdirectory($"speech-{options.Name}-");
        try
        {
            _supervisor = Process.Start(StartInfo(options))!;
        }
        catch
        {
            _folder.Delete(recursive: true);
            throw;
        }

        // Its list of addresses is in the ready file too; its events are of interest when it fails.
        _supervisor.OutputDataReceived += (_, _) => { };
        _supervisor.ErrorDataReceived += (_, line) => Keep(line.Data);
        _supervisor.BeginOutputReadLine();
        _supervisor.BeginErrorReadLine();
    }

    public string LogFolder { get; }

    public StreamShards Shards { get; }

    /// <summary>Where everything is now.</summary>
    public FleetReport Report
    {
        get
        {
            _report = FleetReport.TryRead(ReadyFile) ?? _report!;
            _processIds.UnionWith(_report.Parts.Select(part => part.Pid));
            return _report;
        }
    }

    private string ReadyFile => Path.Combine(_folder.FullName, "ready.json");

    /// <summary>Starts everything and waits until all of it is ready.</summary>
    /// <exception cref="FleetException">It did not start.</exception>
    /// <exception cref="FileNotFoundException">The supervisor is not built.</exception>
    public static async Task<LocalFleet> StartAsync(FleetOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        var fleet = new LocalFleet(options);
        try
        {
            while (FleetReport.TryRead(fleet.ReadyFile) is null)
            {
                if (fleet._supervisor.HasExited)
                    throw new FleetException($"The services did not start; their logs are in {fleet.LogFolder}. The supervisor said:{Environment.NewLine}{fleet.LastLines()}");
                await Task.Delay(PollInterval, clock, cancellationToken);
            }

            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops everything.</summary>
    /// <returns>What did not go cleanly; null if all did.</returns>
    public async Task<string?> StopAsync()
    {
        if (!_supervisor.HasExited && _report is not null)
            _ = Report; // The last process ids, to see that they end.
        await EndAsync(StopLimit);
        if (_supervisor.ExitCode != 0)
            return $"the supervisor ended with exit code {_supervisor.ExitCode}: {LastLines()}";
        var left = _processIds.Where(ProcessStatus.IsAlive).ToArray();
        return left.Length == 0 ? null : $"still running: process {string.Join(", ", left)}";
    }

    /// <summary>Ends everything, if <see cref="StopAsync"/> has not: what does not stop soon is killed.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndAsync(AbandonLimit);
        _supervisor.Dispose();
        if (_folder.Exists)
            _folder.Delete(recursive: true);
    }

    private async Task EndAsync(TimeSpan patience)
    {
        if (_supervisor.HasExited)
            return;
        _supervisor.StandardInput.Close();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Interruption.AtOnce);
        limit.CancelAfter(patience);
        try
        {
            await _supervisor.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // Its children die with it: the kernel sees to that.
            _supervisor.Kill();
            await _supervisor.WaitForExitAsync(CancellationToken.None);
        }
    }

    private ProcessStartInfo StartInfo(FleetOptions options)
    {
        var start = new ProcessStartInfo("setsid")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_ROOT"] = Installation.DotnetRoot();
        foreach (var argument in (string[])[
            Installation.Program("Speech.Supervisor"), "up", "--until-stdin-closes", "--port", "0", "--data-dir", _folder.FullName,
            "--logs", LogFolder, "--ready-file", ReadyFile, "--stt-workers", $"{options.SttWorkers}",
            "--translation-workers", $"{options.TranslationWorkers}", "--gateways", $"{options.Gateways}",
            // All clients of a fleet of ours come from one address.
            "--set", "MAX_SESSIONS_PER_ADDRESS=0", "--set", "MAX_AUDIO_RATE_PER_ADDRESS=0",
            // a .env cannot say otherwise
            .. options.Settings.Append($"STREAM_SHARDS={Shards.All.Count}").SelectMany(setting => (string[])["--set", setting])])
            start.ArgumentList.Add(argument);
        return start;
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_lastLines)
        {
            _lastLines.Enqueue(line);
            if (_lastLines.Count > LinesKept)
                _lastLines.Dequeue();
        }
    }

    private string LastLines()
    {
        lock (_lastLines)
            return string.Join(Environment.NewLine, _lastLines);
    }
}
