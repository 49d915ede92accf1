using System.CommandLine;
using System.Net;
using Speech.Contracts.Client;
using Speech.Contracts.Server;
using Speech.Contracts.Settings;
using Speech.Redis;

namespace Speech.Supervisor;

/// <summary>`up`: the command line of the supervisor.</summary>
internal static class UpCommand
{
    private const int MaxProcesses = 64;

    private static readonly Option<int> SttWorkers = Number("--stt-workers", "N", "How many STT workers.", 1, 0, MaxProcesses);
    private static readonly Option<int> TranslationWorkers = Number(
        "--translation-workers", "N", "How many translation workers.", 1, 0, MaxProcesses);
    private static readonly Option<int> Gateways = Number(
        "--gateways", "N", "How many gateways, on ports that follow one another.", 1, 0, MaxProcesses);

    private static readonly Option<string> WorkerPrefix = new("--worker-prefix")
    {
        Description =
            "Put before the workers' names (stt-1 …), which no two on one Redis may share: for several `up` with one --redis-url.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "",
    };

    private static readonly Option<int> Port = Number(
        "--port", "N", "Port of the first gateway; 0: any free ones.", 8080, 0, IPEndPoint.MaxPort);
    private static readonly Option<int> StartTimeout =
        Number("--start-timeout", "SECONDS", "How long each part may take until it is ready; downloading a model does not count.", 60, 1,
            3600);
    private static readonly Option<int> StopTimeout =
        Number("--stop-timeout", "SECONDS", "How long each part may take to stop before it is killed.", 5, 0, 3600);

    private static readonly Option<string> Listen = new Option<string>("--listen")
    {
        Description = "Who may reach the gateways: this machine only, or any.",
        DefaultValueFactory = _ => "loopback",
    }.AcceptOnlyFromAmong("loopback", "any");

    private static readonly Option<string?> RedisUrl = new("--redis-url")
    {
        Description = "Use this Redis instead of starting one: redis://, redis+sentinel:// or redis+cluster://, rediss for TLS.",
        HelpName = "redis://…",
        Validators =
        {
            result =>
            {
                try
                {
                    RedisOptions.Parse(result.GetValueOrDefault<string>()!);
                }
                catch (FormatException error)
                {
                    result.AddError($"--redis-url is wrong: {error.Message}");
                }
            },
        },
    };

    private static readonly Option<string?> RedisMaxMemory = new("--redis-maxmemory")
    {
        Description = $"What the Redis that is started may keep (REDIS_MAXMEMORY; left out: a quarter of the memory, at least 256mb): {RedisMemory.Rule}.",
        HelpName = "SIZE",
        Validators =
        {
            result =>
            {
                if (result.GetValueOrDefault<string>() is { } size && !RedisMemory.IsValid(size))
                    result.AddError($"--redis-maxmemory must be {RedisMemory.Rule}.");
            },
        },
    };

    private static readonly Option<string?> DataDirectory = new("--data-dir")
    {
        Description = "Where Redis keeps its files, one supervisor at a time (.run in the folder of Speech).",
        HelpName = "DIR",
    };

    private static readonly Option<string?> LogDirectory = new("--logs")
    {
        Description = "Where the processes' output goes (logs in the folder of Speech; with --data-dir: logs in that).",
        HelpName = "DIR",
    };

    private static readonly Option<string?> ReadyFile = new("--ready-file")
    {
        Description = "Write where everything is, as JSON, once all is up.",
        HelpName = "FILE",
    };

    private static readonly Option<string[]> Set = new("--set")
    {
        Description = "A setting for the services; may be repeated.",
        HelpName = "NAME=VALUE",
        DefaultValueFactory = _ => [],
        Validators =
        {
            result =>
            {
                if (result.Tokens.Any(token => token.Value.IndexOf('=', StringComparison.Ordinal) < 1))
                    result.AddError("--set takes NAME=VALUE.");
            },
        },
    };

    private static readonly Option<bool> UntilStdinCloses = new("--until-stdin-closes")
    {
        Description = "Stop when standard input ends: for programs that start this one and may die.",
    };

    public static Command Create()
    {
        var command = new Command("up", "Starts Redis, workers and gateways, and keeps them running until Ctrl-C.")
        {
            SttWorkers, TranslationWorkers, Gateways, WorkerPrefix, Port, Listen, RedisUrl, RedisMaxMemory, DataDirectory, LogDirectory,
            ReadyFile, Set, StartTimeout,
            StopTimeout, UntilStdinCloses,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed)
    {
        var status = new StatusLog(Console.Error, TimeProvider.System);
        using var signals = new StopSignals(status);
        if (parsed.GetValue(UntilStdinCloses))
            signals.StopWhenStandardInputEnds();
        try
        {
            var settings = Settings(parsed);
            foreach (var complaint in settings.ServiceEnvironment.Keys.Select(name => SettingNames.ComplaintOfGiven(
                name, "with --set")).OfType<string>()
                .Concat(SettingNames.ComplaintsOfEnvironment(Environment.GetEnvironmentVariables())))
                status.Write(complaint);
            using var held = DirectoryLock.Take(settings.DataDirectory);
            using var fleet = new Fleet(settings, status, TimeProvider.System);
            return await fleet.RunAsync(Console.Out, signals.Stop, signals.Kill);
        }
        catch (Exception error) when (error is SupervisorException or IOException or UnauthorizedAccessException)
        {
            status.Write(error.Message);
            return ExitCodes.Failed;
        }
    }

    private static FleetSettings Settings(ParseResult parsed)
    {
        var home = Installation.Home();
        var data = parsed.GetValue(DataDirectory);
        var dataDirectory = Path.GetFullPath(data ?? Path.Combine(home, ".run"));
        return new FleetSettings
        {
            Home = home,
            DataDirectory = dataDirectory,
            LogDirectory = Path.GetFullPath(parsed.GetValue(LogDirectory) ?? Path.Combine(data is null ? home : dataDirectory, "logs")),
            SttWorkers = parsed.GetValue(SttWorkers),
            TranslationWorkers = parsed.GetValue(TranslationWorkers),
            Gateways = parsed.GetValue(Gateways),
            WorkerPrefix = parsed.GetValue(WorkerPrefix)!,
            Port = parsed.GetValue(Port),
            Listen = parsed.GetValue(Listen) == "any" ? IPAddress.Any : IPAddress.Loopback,
            RedisUrl = parsed.GetValue(RedisUrl),
            RedisMaxMemory = parsed.GetValue(RedisMaxMemory) ?? MaxMemoryOfEnvironment() ?? RedisMemory.Default(),
            ServiceEnvironment = parsed.GetValue(Set)!.Select(pair => pair.Split('=', 2)).GroupBy(pair => pair[0])
                .ToDictionary(name => name.Key, name => name.Last()[1]),
            ReadyFile = parsed.GetValue(ReadyFile) is { } path ? Path.GetFullPath(path) : null,
            StartLimit = TimeSpan.FromSeconds(parsed.GetValue(StartTimeout)),
            StopLimit = TimeSpan.FromSeconds(parsed.GetValue(StopTimeout)),
        };
    }

    private static string? MaxMemoryOfEnvironment() => Environment.GetEnvironmentVariable(RedisMemory.Setting) switch
    {
        null or "" => null,
        var size when RedisMemory.IsValid(size) => size,
        var size => throw new SupervisorException($"{RedisMemory.Setting} is '{size}'; it must be {RedisMemory.Rule}."),
    };

    private static Option<int> Number(string name, string unit, string description, int value, int lowest, int highest)
    {
        var option = new Option<int>(name) { Description = description, HelpName = unit, DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            // Text that is no number gets the parser's own error.
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var number) && (number < lowest || number > highest))
                result.AddError($"{name} must be from {lowest} to {highest}.");
        });
        return option;
    }
}
