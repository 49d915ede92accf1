using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Speech.Cli.Fleet;
using Speech.Contracts.Client;
using Speech.Delivery;
using Speech.Lab.Fleet;
using Speech.Redis;

namespace Speech.EndToEnd.Tests.Support;

/// <summary>A supervisor with Redis, workers and gateways, all real processes on ports of their own, and what tests do to them.</summary>
public sealed class TestFleet : IAsyncDisposable
{
    private readonly LocalFleet _fleet;

    private TestFleet(LocalFleet fleet)
    {
        _fleet = fleet;
        Redis = new RedisClient(RedisOptions.Parse(fleet.Report.RedisUrl) with { ClientName = "test" });
    }

    /// <summary>A connection of the test's own.</summary>
    public RedisClient Redis { get; }

    public Uri RedisUrl => new(Report.RedisUrl);

    /// <summary>Where everything is now.</summary>
    internal FleetReport Report => _fleet.Report;

    /// <param name="name">Names the folder in logs/ that is looked into when a test fails.</param>
    internal static async Task<TestFleet> StartAsync(
        string name, int sttWorkers = 1, int gateways = 1, int translationWorkers = 0, params string[] settings)
    {
        var options = new FleetOptions
        {
            Name = $"test-{name}",
            SttWorkers = sttWorkers,
            Gateways = gateways,
            TranslationWorkers = translationWorkers,
            Settings = settings
        };
        using var limit = new CancellationTokenSource(Until.Patience);
        return new TestFleet(await LocalFleet.StartAsync(options, TimeProvider.System, limit.Token));
    }

    /// <summary>The process of a part, such as stt-1, now.</summary>
    internal int PidOf(string part) => Report.Parts.Single(process => process.Name == part).Pid;

    /// <summary>Makes a part stand still until disposed of.</summary>
    internal IDisposable Freeze(string part) => new Frozen(PidOf(part));

    /// <summary>Makes a worker stand still at a moment when it has jobs in its hands.</summary>
    /// <param name="backlog">Jobs to be piled up before, so that it is busy for a while: fewer than there will be.</param>
    internal async Task<IDisposable> FreezeAtWorkAsync(string worker, int backlog)
    {
        var (stream, _) = WorkOf(worker);
        IDisposable[] all = [.. Report.Workers.Where(part => WorkOf(part.Name).Stream == stream).Select(part => Freeze(part.Name))];
        await Until.TrueAsync(async () => await Redis.StreamLengthAsync(stream) >= backlog, $"{backlog} jobs");
        foreach (var frozen in all)
            frozen.Dispose();

        while (true)
        {
            // A single one may have been handed to it while it stood still; with two it has been reading again.
            await Until.TrueAsync(async () => await PendingAsync(worker) > 1, $"{worker} to have jobs");
            var frozen = Freeze(worker);
            if (await PendingAsync(worker) > 1)
                return frozen;
            frozen.Dispose(); // It has finished just now.
        }
    }

    /// <summary>Waits until a part that has died runs again, and the supervisor has found it healthy.</summary>
    internal Task RestartedAsync(string part, int before) => Until.TrueAsync(() => PidOf(part) != before, $"{part} to be started again");

    /// <summary>What a service says at /health.</summary>
    internal async Task<(HttpStatusCode Status, JsonElement Body)> HealthAsync(string service)
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync(Report.Parts.Single(part => part.Name == service).Health);
        return (response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement);
    }

    /// <summary>
    /// From its next start on, Redis has some seconds to do before it has read its append-only file, however little data that holds.
    /// </summary>
    internal async Task MakeLoadingSlowAsync()
    {
        const int Bytes = 4 << 20;
        const int Times = 20_000;
        var folder = ((string)(await Redis.ExecuteAsync("CONFIG", "GET", "dir"))[1]!);
        var file = Directory.GetFiles(Path.Combine(folder, "appendonlydir"), "*.incr.aof").Single();
        var commands = Command("SETRANGE", "ballast", $"{Bytes - 1}", "x")
            + string.Concat(Enumerable.Repeat(Command("BITOP", "NOT", "ballast", "ballast"), Times))
            + Command("DEL", "ballast");

        // Redis appends to this file meanwhile, whole commands as we do. So it has to be one write at wherever the end is then (O_APPEND),
        // which .NET does not have: it writes at the place where the end was when the file was opened.
        var ballast = $"{file}.ballast";
        await File.WriteAllTextAsync(ballast, commands);
        using var append = Process.Start("dd", ["status=none", "bs=64M", "oflag=append", "conv=notrunc", $"if={ballast}", $"of={file}"]);
        await append.WaitForExitAsync();
        append.ExitCode.ShouldBe(0);
        File.Delete(ballast);

        static string Command(params string[] words) =>
            $"*{words.Length}\r\n{string.Concat(words.Select(word => $"${word.Length}\r\n{word}\r\n"))}";
    }

    /// <summary>How many jobs a worker was given and has not acknowledged.</summary>
    internal async Task<long> PendingAsync(string worker)
    {
        var (stream, group) = WorkOf(worker);
        return (await Redis.StreamPendingAsync(stream, group)).Consumers.FirstOrDefault(
            consumer => consumer.Name == worker).PendingMessageCount;
    }

    private static (string Stream, string Group) WorkOf(string worker) => worker.StartsWith("stt", StringComparison.Ordinal)
        ? (RedisKeys.AudioJobs, RedisKeys.SttWorkers)
        : (RedisKeys.TranslationJobs, RedisKeys.TranslationWorkers);

    /// <summary>Nothing waits, nothing is being worked on, nothing was given up.</summary>
    internal async Task ShouldBeIdleAsync()
    {
        (await Redis.StreamLengthAsync(RedisKeys.AudioJobs)).ShouldBe(0);
        (await Redis.StreamPendingAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers)).PendingMessageCount.ShouldBe(0);
        (await Redis.StreamLengthAsync(RedisKeys.Dead(RedisKeys.AudioJobs))).ShouldBe(0);
        (await Redis.StreamLengthAsync(RedisKeys.TranslationJobs)).ShouldBe(0);
        (await Redis.StreamLengthAsync(RedisKeys.Dead(RedisKeys.TranslationJobs))).ShouldBe(0);
    }

    /// <summary>None of its processes runs and none of its ports answers.</summary>
    internal static async Task ShouldBeGoneAsync(FleetReport report)
    {
        foreach (var part in report.Parts)
            await Until.TrueAsync(() => !ProcessStatus.IsAlive(part.Pid), $"the end of {part.Name} (process {part.Pid})");
        foreach (var url in (string[])[report.RedisUrl, .. report.Gateways])
            await Until.TrueAsync(() => IsRefusedAsync(new Uri(url).Port), $"nobody to answer at {url}");

        // The last threads of a process that counts as dead may still hold its sockets for a moment.
        static async Task<bool> IsRefusedAsync(int port)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync("127.0.0.1", port);
                return false;
            }
            catch (SocketException error)
            {
                return error.SocketErrorCode == SocketError.ConnectionRefused;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Redis.DisposeAsync();
        await _fleet.DisposeAsync();
    }

    private sealed class Frozen : IDisposable
    {
        private readonly int _processId;

        public Frozen(int processId)
        {
            _processId = processId;
            Signal.Send(processId, Signal.Stop);
        }

        public void Dispose() => Signal.Send(_processId, Signal.Continue);
    }
}
