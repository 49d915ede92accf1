using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Speech.Cli.Fleet;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Cli.Bench;

/// <summary>
/// `bench redis`: our client against redis-benchmark, with the same commands, the same connections and the same server. They take turns,
/// several times, so that whatever else the machine does slows both; the medians count.
/// </summary>
internal static class RedisBench
{
    private const string Program = "redis-benchmark";
    private const int Connections = 50;
    private const int Pipeline = 16;

    private static readonly JsonSerializerOptions JsonOptions = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private static readonly Option<int> Requests =
        Options.Number("--requests", "N", "Commands of each measurement.", 1_000_000, 1_000, 100_000_000);

    private static readonly Option<int> Rounds = Options.Number("--rounds", "N", "How often they take turns.", 5, 1, 100);
    private static readonly Option<bool> Json = Options.Json("Print the figures as one JSON object, and all else on standard error.");

    public static Command Create()
    {
        var command = new Command(
            "redis", $"Compares our Redis client's throughput with redis-benchmark's: {Connections} connections, pipelines of {Pipeline}.")
        {
            Requests, Rounds, Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var json = parsed.GetValue(Json);
        var console = json ? Terminal.Errors() : Terminal.Output();
        try
        {
            // The supervisor's Redis, and nothing else of Speech.
            await using var fleet = await LocalFleet.StartAsync(
                new FleetOptions { Name = "bench-redis", SttWorkers = 0, Gateways = 0 }, TimeProvider.System, cancellationToken);
            var figures = await MeasureAsync(console, fleet.Report.RedisUrl, parsed.GetValue(Requests), parsed.GetValue(Rounds), cancellationToken);
            if (json)
                Console.Out.WriteLine(JsonSerializer.Serialize(figures, JsonOptions));
            else
                Print(console, figures);
            return ExitCodes.Ok;
        }
        catch (Exception error) when (error is FleetException or FileNotFoundException or RedisException or InvalidOperationException)
        {
            await Console.Error.WriteLineAsync(error.Message);
            return ExitCodes.Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
    }

    private static async Task<Figures> MeasureAsync(IAnsiConsole console, string url, int requests, int rounds, CancellationToken cancellationToken)
    {
        await using var redis = new RedisClient(RedisOptions.Parse(url));

        // Of interest are the clients, not the disk.
        await redis.ExecuteAsync("CONFIG", ["SET", "appendonly", "no"], cancellationToken);
        var measured = new Dictionary<string, List<double>>();
        await console.Status().StartAsync("measuring", async status =>
        {
            for (var round = 1; round <= rounds; round++)
            {
                status.Status($"round {round} of {rounds}");
                Add("SET, redis-benchmark", await RunTheirsAsync(url, requests, ["-t", "set"], cancellationToken));

                // Redis 7's own list of tests has no XADD.
                Add("XADD, redis-benchmark", await RunTheirsAsync(url, requests, ["XADD", "mystream", "*", "myfield", "xxx"], cancellationToken));
                await redis.ExecuteAsync("FLUSHALL", [], cancellationToken);
                foreach (var (test, rate) in await RedisThroughput.RunAsync(url, requests, Pipeline, Connections, cancellationToken))
                    Add(test, rate);
                await redis.ExecuteAsync("FLUSHALL", [], cancellationToken);
            }
        });
        var version = (await redis.InfoAsync("server", cancellationToken))["redis_version"];
        return new Figures(version, requests, rounds, [.. ((string[])["SET", "XADD"]).Select(command => new Comparison(
            command,
            Median(measured[$"{command}, redis-benchmark"]),
            Median(measured[$"{command}, {Connections} connections"]),
            Median(measured[$"{command}, 1 connection, {Connections} callers"])))]);

        void Add(string test, double rate)
        {
            if (!measured.TryGetValue(test, out var rates))
                measured.Add(test, rates = []);
            rates.Add(rate);
        }
    }

    private static async Task<double> RunTheirsAsync(string url, int requests, string[] test, CancellationToken cancellationToken)
    {
        var options = RedisOptions.Parse(url);
        string[] credentials = options.Password is { } password ? ["-a", password] : [];
        string[] arguments =
            ["-p", $"{options.Port}", .. credentials, "-P", $"{Pipeline}", "-c", $"{Connections}", "-n", $"{requests}", "--csv", .. test];
        using var process = Start(arguments);
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);

            // "test","rps","avg_latency_ms",… and under it the figures.
            var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return lines.Length == 2 && lines[1].Split("\",\"") is [_, var rate, ..] && double.TryParse(rate, CultureInfo.InvariantCulture, out var perSecond)
                ? perSecond
                : throw new InvalidOperationException($"{Program} (exit code {process.ExitCode}) did not say how fast it was, but: {output}");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    private static Process Start(string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true })!;
        }
        catch (Win32Exception)
        {
            throw new InvalidOperationException($"{Program} is not installed: apt-get install redis-tools.");
        }
    }

    private static double Median(List<double> rates)
    {
        rates.Sort();
        return rates.Count % 2 == 1 ? rates[rates.Count / 2] : (rates[rates.Count / 2 - 1] + rates[rates.Count / 2]) / 2;
    }

    private static void Print(IAnsiConsole console, Figures figures)
    {
        var table = new Table().Border(TableBorder.None).AddColumn("commands a second");
        foreach (var column in (string[])[Program, $"ours, {Connections} connections", "ratio", $"ours, 1 for {Connections} callers", "ratio"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (var line in figures.Commands)
        {
            table.AddRow(
                line.Command, Rate(line.RedisBenchmark), Rate(line.Ours), Ratio(line.Ratio), Rate(line.OursShared), Ratio(line.RatioShared));
        }

        console.Write(table);
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"Redis {figures.RedisVersion}, medians of {figures.Rounds} rounds of {figures.Requests:N0} commands each"));

        static string Rate(double perSecond) => perSecond.ToString("N0", CultureInfo.InvariantCulture);
        static string Ratio(double ratio) => ratio.ToString("F2", CultureInfo.InvariantCulture);
    }

    private sealed record Figures(string RedisVersion, int Requests, int Rounds, IReadOnlyList<Comparison> Commands);

    /// <summary>Commands a second.</summary>
    private sealed record Comparison(string Command, double RedisBenchmark, double Ours, double OursShared)
    {
        public double Ratio => Ours / RedisBenchmark;

        public double RatioShared => OursShared / RedisBenchmark;
    }
}
