using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Speech.Testing;

/// <summary>
/// A redis-server of its own on a free port, with its files in a temporary folder, gone when disposed of, and also when the test
/// process dies.
/// </summary>
public sealed class RedisServer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("speech-redis-").FullName;
    private readonly string[] _options;
    private readonly string[] _configurationFile;
    private readonly StringBuilder _log = new();
    private Process? _process;

    private RedisServer(int port, string? configuration, string[] options)
    {
        Port = port;
        _options = options;
        _configurationFile = configuration is null ? [] : [Path.Combine(_folder, "server.conf")];
        if (configuration is not null)
            File.WriteAllText(_configurationFile[0], configuration);
    }

    public int Port { get; }

    public string Url => $"redis://127.0.0.1:{Port}/0";

    /// <summary>The server's working folder: its append-only file, and whatever a test puts there.</summary>
    public string Folder => _folder;

    /// <param name="options">More of redis-server's own options, such as "--requirepass", "secret".</param>
    public static Task<RedisServer> StartAsync(params string[] options) => StartWithAsync(null, options);

    /// <param name="configuration">The text of a configuration file of its own.</param>
    /// <param name="options">Options that go before it; "--sentinel" makes a sentinel of the server.</param>
    public static async Task<RedisServer> StartWithAsync(string? configuration, params string[] options)
    {
        for (var attempt = 1; ; attempt++)
        {
            var server = new RedisServer(FreePort(), configuration, options);
            try
            {
                await server.RunAsync();
                return server;
            }
            catch (PortTakenException) when (attempt < 5)
            {
                await server.DisposeAsync();
            }
            catch
            {
                await server.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>A port that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>SIGTERM: it saves what it has and leaves.</summary>
    public Task StopAsync() => EndAsync("-TERM");

    /// <summary>SIGKILL; what it had appended to its file by then is kept.</summary>
    public Task KillAsync() => EndAsync("-KILL");

    /// <summary>SIGSTOP: it holds its connections and says nothing, until <see cref="Resume"/>.</summary>
    public void Pause() => Signal("-STOP");

    public void Resume() => Signal("-CONT");

    /// <summary>Starts again on the same port with the same data, after a stop or kill if there was none.</summary>
    public async Task RestartAsync()
    {
        await KillAsync();
        await RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Whoever cleaned up the temporary folder before us has done our work.
        }
    }

    private async Task RunAsync()
    {
        lock (_log)
            _log.Clear();
        // setpriv makes the kernel kill the server when this process dies, however it dies. The signal is tied to the thread that
        // starts it, so that thread has to be one that lasts.
        var start = new ProcessStartInfo("setpriv") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            "--pdeathsig", "KILL", "redis-server", .. _configurationFile, "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", _folder,
            "--save", "",
            "--appendonly", "yes", "--appendfsync", "no", "--daemonize", "no", .. _options,
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = await Starter.StartAsync(start);
        process.EnableRaisingEvents = true;
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) => Read(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _process = process;
        var exited = process.WaitForExitAsync();
        if (await Task.WhenAny(ready.Task, exited, Task.Delay(TimeSpan.FromSeconds(20))) == ready.Task)
            return;
        if (!process.HasExited)
        {
            await KillAsync();
            throw new TimeoutException($"redis-server was not ready on port {Port} after 20 s. It said:\n{Log}");
        }
        await exited;
        if (Log.Contains("Address already in use", StringComparison.Ordinal))
            throw new PortTakenException(Port);
        throw Log.Contains("failed to execute", StringComparison.Ordinal) || Log.Contains("No such file", StringComparison.Ordinal)
            ? new InvalidOperationException($"These tests need redis-server: apt-get install redis-server. (setpriv said: {Log.Trim()})")
            : new InvalidOperationException($"redis-server left with code {process.ExitCode} at once. It said:\n{Log}");

        void Read(string? line)
        {
            if (line is null)
                return;
            lock (_log)
                _log.AppendLine(line);
            if (line.Contains("Ready to accept connections", StringComparison.Ordinal)
                || line.Contains("Sentinel ID is", StringComparison.Ordinal))
                ready.TrySetResult();
        }
    }

    private string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    private async Task EndAsync(string signal)
    {
        if (_process is null)
            return;
        if (!_process.HasExited)
            Signal(signal);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await _process.WaitForExitAsync(patience.Token);
        _process.Dispose();
        _process = null;
    }

    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", [signal, $"{_process!.Id}"]);
        kill.WaitForExit();
    }

    private sealed class PortTakenException(int port) : Exception($"Port {port} was taken by someone else.");

    /// <summary>One thread that starts processes and lives as long as this process.</summary>
    private static class Starter
    {
        private static readonly System.Collections.Concurrent.BlockingCollection<(
            ProcessStartInfo, TaskCompletionSource<Process>)> Orders = [];

        static Starter() => new Thread(Run) { IsBackground = true, Name = "starts redis-server" }.Start();

        public static Task<Process> StartAsync(ProcessStartInfo start)
        {
            var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
            Orders.Add((start, started));
            return started.Task;
        }

        private static void Run()
        {
            foreach (var (start, started) in Orders.GetConsumingEnumerable())
            {
                try
                {
                    started.SetResult(Process.Start(start)!);
                }
                catch (Win32Exception e)
                {
                    started.SetException(
                        new InvalidOperationException("These tests need setpriv (package util-linux) and redis-server.", e));
                }
            }
        }
    }
}
