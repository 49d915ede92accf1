using System.Collections;
using System.Net;
using Speech.Redis;
using Speech.Supervisor.Parts;
using Speech.Supervisor.Processes;
using Speech.Supervisor.Readiness;

namespace Speech.Supervisor;

/// <summary>
/// Which processes run, on which ports. Workers and gateways need only Redis, so they start together after it; gateways stop first, that
/// what clients have already said still finds a worker.
/// </summary>
internal sealed record Plan(
    string RedisUrl, string? RedisPassword, PartSpec? Redis, IReadOnlyList<PartSpec> Workers, IReadOnlyList<PartSpec> Gateways)
{
    // Redis is told all it needs by its file.
    private static readonly string[] RedisEnvironment = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"];

    public static Plan Make(FleetSettings settings)
    {
        var ports = new LocalPorts();
        var gatewayPorts = Enumerable.Range(0, settings.Gateways)
            .Select(i => settings.Port == 0 ? ports.Next(settings.Listen) : ports.Claim(settings.Listen, settings.Port + i, "--port"))
            .ToArray();
        var password = settings.RedisUrl is null ? RedisSecrets.Password(
            settings.RedisPasswordFile,
            settings.ServiceEnvironment.GetValueOrDefault("REDIS_PASSWORD") ?? Environment.GetEnvironmentVariable("REDIS_PASSWORD")) : null;
        var redis = settings.RedisUrl is null ? OwnRedis(settings, ports.Next(IPAddress.Loopback), password!) : null;
        var redisUrl = settings.RedisUrl ?? redis!.Address.OriginalString;
        return new Plan(
            redisUrl,
            password,
            redis,
            [.. Enumerable.Range(1, settings.SttWorkers).Select(i =>
                Service(settings, redisUrl, password, $"stt-{i}", "Speech.SttWorker", IPAddress.Loopback, ports.Next(IPAddress.Loopback))),
             .. Enumerable.Range(1, settings.TranslationWorkers).Select(i =>
                Service(settings, redisUrl, password, $"translation-{i}", "Speech.TranslationWorker", IPAddress.Loopback, ports.Next(
                    IPAddress.Loopback)))],
            [.. gatewayPorts.Select((port, i) =>
                Service(settings, redisUrl, password, $"gateway-{i + 1}", "Speech.Gateway", settings.Listen, port))]);
    }

    private static PartSpec OwnRedis(FleetSettings settings, int port, string password)
    {
        var program = Installation.OnPath("redis-server") ?? throw new SupervisorException(
            "redis-server is not installed: apt-get install redis-server, or pass --redis-url redis://HOST:PORT to use one that runs.");
        var directory = Path.Combine(settings.DataDirectory, "redis");
        Directory.CreateDirectory(directory, RedisSecrets.OwnersFolder);

        // A command line can be read by all who are on this machine: what is secret stands in a file.
        var configuration = Path.Combine(settings.DataDirectory, "redis.conf");
        RedisSecrets.Write(configuration, $"""
            # Written by ./speech up at each start.
            include {Quoted(Path.Combine(settings.Home, "infra", "redis.conf"))}
            port {port}
            dir {Quoted(directory)}
            maxmemory {settings.RedisMaxMemory}
            requirepass {Quoted(password)}

            """);
        var url = new Uri($"redis://127.0.0.1:{port}");
        var environment = Inherited().Where(variable => RedisEnvironment.Contains(variable.Key)).ToDictionary();
        return new PartSpec(
            "redis", url, new ChildCommand(program, [configuration], settings.Home, environment),
            RedisPing.At(RedisOptions.Parse(url.OriginalString) with { Password = password }));
    }

    private static string Quoted(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static PartSpec Service(
        FleetSettings settings, string redisUrl, string? redisPassword, string name, string program, IPAddress listen, int port)
    {
        // A person configures the services by the environment that we were given; there is no list of names to choose from.
        var environment = Inherited();
        environment["DOTNET_ROOT"] = Installation.DotnetRoot();
        environment["SPEECH_HOME"] = settings.Home;
        environment["REDIS_URL"] = redisUrl;
        if (redisPassword is not null)
            environment["REDIS_PASSWORD"] = redisPassword;
        environment["WORKER_ID"] = settings.WorkerPrefix + name;
        environment["URLS"] = $"http://{listen}:{port}";
        foreach (var (variable, value) in settings.ServiceEnvironment)
            environment[variable] = value;

        var address = new Uri($"http://127.0.0.1:{port}");
        return new PartSpec(
            name, address, new ChildCommand(Installation.Program(program), [], settings.Home, environment), HttpHealth.At(address));
    }

    private static Dictionary<string, string> Inherited() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!);
}
