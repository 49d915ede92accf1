using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using Speech.Supervisor.Processes;

[assembly: SupportedOSPlatform("linux")]

namespace Speech.Supervisor.Tests;

/// <summary>A real supervisor in a process of its own, with a real Redis and stand-in services, in a folder of its own.</summary>
internal sealed class SupervisorRun : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly StringBuilder _errors = new();
    private readonly StringBuilder _output = new();
    private readonly Process _process;
    private readonly bool _ownsFolder;

    private SupervisorRun(string folder, bool ownsFolder, string gateway, string worker, string[] arguments)
    {
        (Folder, _ownsFolder) = (folder, ownsFolder);
        Directory.CreateDirectory(folder);
        WriteProgram("Speech.Gateway", gateway);
        WriteProgram("Speech.SttWorker", worker);
        WriteProgram("Speech.TranslationWorker", worker);
        var start = new ProcessStartInfo(Dotnet)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "Speech.Supervisor.dll"), "up", "--until-stdin-closes",
            "--ready-file", ReadyFile, "--data-dir", Path.Combine(folder, "data"), "--logs", Logs,
            .. arguments.Contains("--port") ? [] : (string[])["--port", "0"],
            .. arguments.Contains("--translation-workers") ? [] : (string[])["--translation-workers", "0"], .. arguments])
            start.ArgumentList.Add(argument);
        start.Environment["SPEECH_HOME"] = Checkout.Path("");
        start.Environment["SPEECH_BIN"] = folder;
        start.Environment["A_SECRET_OF_SOMEONE"] = "unlikely-words";
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Append(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Append(_errors, line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Folder { get; }

    public string Logs => Path.Combine(Folder, "logs");

    public string ReadyFile => Path.Combine(Folder, _ownsFolder ? "ready.json" : "ready-guest.json");

    /// <summary>A file in --data-dir.</summary>
    public string InData(string file) => Path.Combine(Folder, "data", file);

    public int ProcessId => _process.Id;

    public string Errors => Read(_errors);

    public string Output => Read(_output);

    public string[] Events => File.Exists(EventsFile) ? File.ReadAllLines(EventsFile) : [];

    private static string Dotnet { get; } = Path.Combine(Installation.DotnetRoot(), "dotnet");

    private string EventsFile => Path.Combine(Folder, "events");

    /// <param name="arguments">Further arguments of `up`.</param>
    /// <param name="gateway">The gateways' FAKE_ settings, as a shell writes them.</param>
    /// <param name="worker">The workers' FAKE_ settings.</param>
    /// <param name="folder">Another run's folder, to share its files.</param>
    public static SupervisorRun Start(string[] arguments, string gateway = "", string worker = "", string? folder = null) =>
        new(folder ?? Directory.CreateTempSubdirectory("speech-supervisor-").FullName, folder is null, gateway, worker, arguments);

    public static async Task<SupervisorRun> StartReadyAsync(
        string[]? arguments = null, string gateway = "", string worker = "", string? folder = null)
    {
        var run = Start(arguments ?? [], gateway, worker, folder);
        await run.UntilAsync(() => File.Exists(run.ReadyFile) || run._process.HasExited, "the ready file");
        run._process.HasExited.ShouldBeFalse(run.Errors);
        return run;
    }

    public JsonElement Ready() => JsonDocument.Parse(File.ReadAllText(ReadyFile)).RootElement;

    public Uri RedisUrl() => new(Ready().GetProperty("redis_url").GetString()!);

    /// <summary>The process ID of a part, now.</summary>
    public int PidOf(string name) =>
        Ready().GetProperty("parts").EnumerateArray().Single(part => part.GetProperty("name").GetString() == name).GetProperty("pid")
            .GetInt32();

    public int[] Pids() => [.. Ready().GetProperty("parts").EnumerateArray().Select(part => part.GetProperty("pid").GetInt32())];

    public void Send(int signal) => Signal.ToProcess(ProcessId, signal);

    public void CloseStandardInput() => _process.StandardInput.Close();

    /// <summary>Waits for the supervisor's end; its exit code.</summary>
    public async Task<int> EndAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async Task UntilAsync(Func<bool> condition, string what)
    {
        for (var started = Stopwatch.StartNew(); !condition(); await Task.Delay(20))
            if (started.Elapsed > Limit)
                throw new TimeoutException($"Waited in vain for {what}. The supervisor said:\n{Errors}");
    }

    public static bool IsRunning(int processId)
    {
        try
        {
            // One that has ended but was not waited for yet (state Z) runs no more.
            return Stat(processId)[0] is not ("Z" or "X");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The fields of /proc/PID/stat from the state on (proc(5): state, ppid, pgrp, session, …).</summary>
    public static string[] Stat(int processId)
    {
        var stat = File.ReadAllText($"/proc/{processId}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    public async ValueTask DisposeAsync()
    {
        // However a test ended: with its standard input gone the supervisor stops everything; and killed, so does the kernel.
        CloseStandardInput();
        try
        {
            await EndAsync();
        }
        finally
        {
            _process.Kill();
            _process.Dispose();
            if (_ownsFolder)
                Directory.Delete(Folder, recursive: true);
        }
    }

    private void WriteProgram(string name, string settings)
    {
        var path = Path.Combine(Folder, name);
        var fake = Path.Combine(AppContext.BaseDirectory, "FakeService.dll");
        File.WriteAllText(path, $"#!/bin/sh\n{settings} exec '{Dotnet}' '{fake}' 3>>'{EventsFile}'\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static void Append(StringBuilder lines, string? line)
    {
        lock (lines)
            lines.AppendLine(line);
    }

    private static string Read(StringBuilder lines)
    {
        lock (lines)
            return lines.ToString();
    }
}
