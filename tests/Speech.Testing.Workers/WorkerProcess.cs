using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Speech.Testing.Workers;

/// <summary>The built program as a process.</summary>
public sealed class WorkerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private WorkerProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    public int ExitCode => _process.ExitCode;

    /// <param name="worker">The program, such as Speech.SttWorker.</param>
    public static WorkerProcess Start(string worker, string redisUrl, string id, string[] settings)
    {
        // artifacts/bin/<project>/<configuration>: the program lies beside its tests.
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        var program = Path.Combine(AppContext.BaseDirectory, "..", "..", worker, configuration, $"{worker}.dll");
        var start = new ProcessStartInfo(
            Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"))
        { RedirectStandardError = true };
        string[] arguments =
        [
            program, "--REDIS_URL", redisUrl, "--WORKER_ID", id, "--URLS", "http://127.0.0.1:0", "--LOG_LEVEL", "warning", "--THREADS", "1",
            .. settings,
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return new WorkerProcess(Process.Start(start)!);
    }

    /// <summary>SIGTERM.</summary>
    public void Terminate() => Signal("TERM");

    /// <summary>SIGSTOP.</summary>
    public void Freeze() => Signal("STOP");

    /// <summary>SIGCONT.</summary>
    public void Thaw() => Signal("CONT");

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill();

    /// <summary>The lines that it wrote on standard error until its end.</summary>
    public async Task<string[]> ErrorsAsync() => (await _errors).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public Task ExitedAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        kill.WaitForExit();
    }
}
