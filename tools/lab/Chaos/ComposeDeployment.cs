// Containers of a Docker Compose project, found by the labels that Compose gives them: those of this checkout, or of COMPOSE_PROJECT_NAME.
// What docker has killed is not started by its restart policy, so that is done here.
using System.Collections.Concurrent;
using System.Globalization;
using Speech.Delivery;
using Speech.Lab.Fleet;

namespace Speech.Lab.Chaos;

internal sealed class ComposeDeployment : IDeployment
{
    private const string Label = "com.docker.compose";
    private const string Edge = "edge";
    private const string Gateway = "gateway";
    private const string Translator = "translation_worker";

    private static readonly string[] Services = [IDeployment.Redis, Edge, Gateway, "stt_worker", Translator];

    private static readonly (string Stream, string Group)[] Queues =
        [(RedisKeys.AudioJobs, RedisKeys.SttWorkers), (RedisKeys.TranslationJobs, RedisKeys.TranslationWorkers)];

    /// <summary>Container ids by part.</summary>
    private readonly SortedDictionary<string, string> _containers;

    private readonly ConcurrentDictionary<string, Signal> _underWay = new();
    private readonly StreamShards _shards;
    private long _deadBefore;

    private ComposeDeployment(Uri edge, SortedDictionary<string, string> containers, ILookup<string, string> settings)
    {
        Gateways = [edge];
        _containers = containers;
        ResumePatience = TimeSpan.FromSeconds(double.Parse(settings["RESUME_SECONDS"].SingleOrDefault("5"), CultureInfo.InvariantCulture));
        _shards = StreamShards.Parse(settings["STREAM_SHARDS"].SingleOrDefault());
    }

    public IReadOnlyList<Uri> Gateways { get; }

    public IReadOnlyList<string> Parts => [.. _containers.Keys];

    public bool Translates => _containers.ContainsKey($"{Translator}-1");

    public TimeSpan ResumePatience { get; }

    public string WhereToLook => "docker-compose logs has what the services say.";

    /// <param name="edge">Where the project's port 8080 is published.</param>
    /// <exception cref="FleetException">There are no such containers, or docker cannot be asked.</exception>
    public static async Task<ComposeDeployment> FindAsync(Uri edge, CancellationToken cancellationToken)
    {
        var project = Environment.GetEnvironmentVariable("COMPOSE_PROJECT_NAME") is { Length: > 0 } name
            ? $"{Label}.project={name}"
            : $"{Label}.project.working_dir={Installation.Home()}";
        var format = $$$"""{{.Label "{{{Label}}}.service"}} {{.Label "{{{Label}}}.container-number"}} {{.ID}}""";
        var listed = await Docker.RunAsync(
            ["ps", "--filter", $"label={project}", "--filter", $"label={Label}.oneoff=False", "--format", format], cancellationToken);

        var containers = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in listed.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split(' ') is [var service, var number, var id] && Services.Contains(service))
                containers.Add(service is IDeployment.Redis or Edge ? service : $"{service}-{number}", id);
        }
        if (!containers.ContainsKey(IDeployment.Redis)
            || containers.Keys.FirstOrDefault(part => part.StartsWith(Gateway, StringComparison.Ordinal)) is not { } gateway)
        {
            throw new FleetException(
                $"No Redis and gateway run in containers with the label {project}. ./speech up --docker starts them; COMPOSE_PROJECT_NAME names another project.");
        }

        var deployment = new ComposeDeployment(edge, containers, await SettingsAsync(containers[gateway], cancellationToken));
        deployment._deadBefore = (await deployment.QueueAsync(cancellationToken))?.Dead ?? 0;
        return deployment;
    }

    public async Task<bool> IsUpAsync(string part, CancellationToken cancellationToken) =>
        !_underWay.ContainsKey(part)
        && (await Docker.RunAsync(["inspect", "--format", "{{.State.Status}}", _containers[part]], cancellationToken)).Trim() == "running";

    public async Task SignalAsync(Signal signal, string part)
    {
        string[] commands = signal switch
        {
            Signal.Kill => ["kill", "start"],
            Signal.Terminate => ["restart"],
            Signal.Freeze => ["pause"],
            _ => ["unpause"],
        };
        _underWay[part] = signal;
        foreach (var command in commands)
            await Docker.RunAsync([command, _containers[part]], CancellationToken.None);
        _underWay.TryRemove(part, out _);
    }

    public async Task TellRedisAsync(params string[] command)
    {
        try
        {
            await AskRedisAsync(command, CancellationToken.None);
        }
        catch (FleetException)
        {
            // docker exec does not reach a container that is down or stands still.
        }
    }

    /// <summary>What has been given up is counted from the beginning of this run.</summary>
    public async Task<QueueState?> QueueAsync(CancellationToken cancellationToken)
    {
        try
        {
            var sum = new QueueState(0, 0, -_deadBefore);
            foreach (var (stream, group) in Queues)
            {
                foreach (var key in _shards.All.Select(shard => shard.Stream(stream)))
                {
                    sum += new QueueState(
                        await CountAsync(cancellationToken, "xlen", key),
                        await CountAsync(cancellationToken, "xpending", key, group),
                        await CountAsync(cancellationToken, "xlen", RedisKeys.Dead(key)));
                }
            }
            return sum;
        }
        catch (FleetException)
        {
            return null;
        }
    }

    public async Task<string?> EndAsync(CancellationToken cancellationToken)
    {
        foreach (var part in Parts)
        {
            if (!await IsUpAsync(part, cancellationToken))
                return $"{part} does not run";
        }
        return null;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task<ILookup<string, string>> SettingsAsync(string container, CancellationToken cancellationToken)
    {
        var environment = await Docker.RunAsync(
            ["inspect", "--format", "{{range .Config.Env}}{{println .}}{{end}}", container], cancellationToken);
        return environment.Split('\n').Select(line => line.Split('=', 2)).Where(pair => pair is [_, not ""])
            .ToLookup(pair => pair[0], pair => pair[1]);
    }

    /// <summary>The number that Redis' answer begins with.</summary>
    /// <exception cref="FleetException">It does not answer, or otherwise.</exception>
    private async Task<long> CountAsync(CancellationToken cancellationToken, params string[] command)
    {
        var answer = await AskRedisAsync(command, cancellationToken);
        if (answer.StartsWith("NOGROUP", StringComparison.Ordinal))
            return 0; // nobody has ever worked on it
        return long.TryParse(answer.Split('\n')[0], CultureInfo.InvariantCulture, out var count)
            ? count
            : throw new FleetException($"Redis says: {answer}");
    }

    /// <summary>By the redis-cli in its container, whose environment has the password.</summary>
    private Task<string> AskRedisAsync(string[] command, CancellationToken cancellationToken) =>
        Docker.RunAsync(["exec", _containers[IDeployment.Redis], "redis-cli", .. command], cancellationToken);
}
