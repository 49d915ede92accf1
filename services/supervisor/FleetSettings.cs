using System.Net;

namespace Speech.Supervisor;

/// <summary>What to run, and where.</summary>
internal sealed record FleetSettings
{
    /// <summary>The checkout (or installation) that children see as SPEECH_HOME and as their working directory.</summary>
    public required string Home { get; init; }

    /// <summary>Redis' files and the lock that keeps two supervisors from sharing them.</summary>
    public required string DataDirectory { get; init; }

    public required string LogDirectory { get; init; }

    public int SttWorkers { get; init; } = 1;

    public int TranslationWorkers { get; init; } = 1;

    public int Gateways { get; init; } = 1;

    /// <summary>Before the names of the workers; told apart by it from those of other supervisors on the same Redis.</summary>
    public string WorkerPrefix { get; init; } = "";

    /// <summary>Port of the first gateway, the next ones follow it; 0: any free ones.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>Where the gateways listen; workers and Redis listen on loopback only.</summary>
    public IPAddress Listen { get; init; } = IPAddress.Loopback;

    /// <summary>A Redis that already runs; null: start one.</summary>
    public string? RedisUrl { get; init; }

    /// <summary>What the Redis that we start may keep; see <see cref="RedisMemory"/>.</summary>
    public string RedisMaxMemory { get; init; } = RedisMemory.Default();

    /// <summary>Where its password is.</summary>
    public string RedisPasswordFile => Path.Combine(DataDirectory, "redis.password");

    /// <summary>
    /// Where programs of this machine find what runs, without being told: <see cref="ReadyFile"/> and this one are the same.
    /// </summary>
    public string StateFile => Path.Combine(DataDirectory, "fleet.json");

    /// <summary>Environment variables for the services, over those that they inherit.</summary>
    public IReadOnlyDictionary<string, string> ServiceEnvironment { get; init; } = new Dictionary<string, string>();

    /// <summary>Written when all is up, and again when a part was restarted; null: none.</summary>
    public string? ReadyFile { get; init; }

    /// <summary>How long a part may take from its start, or from the end of a download, to its first good health check.</summary>
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a part may take from SIGTERM to its end, before SIGKILL.</summary>
    public TimeSpan StopLimit { get; init; } = TimeSpan.FromSeconds(5);
}
