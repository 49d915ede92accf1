using StackExchange.Redis;

namespace Speech.Redis.Tests.Topology;

/// <summary>Two servers, one the other's replica, and three sentinels of which two must agree; all quicker to act than usual.</summary>
public sealed class SentinelDeployment : IAsyncLifetime
{
    public const string MasterName = "speech";
    public const string Password = "data";
    public const string SentinelPassword = "watch";

    private readonly List<RedisServer> _servers = [];

    public List<RedisServer> Sentinels { get; } = [];

    public string Url =>
        $"redis+sentinel://:{Password}@{string.Join(',', Sentinels.Select(sentinel => $"127.0.0.1:{sentinel.Port}"))}/{MasterName}"
        + $"?sentinel_password={SentinelPassword}";

    public RedisOptions Options => RedisOptions.Parse(Url) with
    {
        CommandTimeout = TimeSpan.FromSeconds(5), // a hanging server is left after four of these
        KeepAliveInterval = TimeSpan.FromMilliseconds(500),
        MinReconnectDelay = TimeSpan.FromMilliseconds(20),
        MaxReconnectDelay = TimeSpan.FromMilliseconds(200),
    };

    public async Task InitializeAsync()
    {
        string[] secrets = ["--requirepass", Password, "--masterauth", Password, "--repl-diskless-sync-delay", "0"];
        _servers.Add(await RedisServer.StartAsync(secrets));
        _servers.Add(await RedisServer.StartAsync([.. secrets, "--replicaof", $"127.0.0.1 {_servers[0].Port}"]));
        for (var i = 0; i < 3; i++)
        {
            var sentinel = await RedisServer.StartWithAsync(
                $"""
                sentinel monitor {MasterName} 127.0.0.1 {_servers[0].Port} 2
                sentinel auth-pass {MasterName} {Password}
                sentinel down-after-milliseconds {MasterName} 1000
                sentinel failover-timeout {MasterName} 1500
                requirepass {SentinelPassword}
                """,
                "--sentinel");
            Sentinels.Add(sentinel);
            // A replica is fit to be promoted if what the sentinel knows of it is younger than three INFO or five PING periods, and during
            // a failover it asks for INFO once a second.
            await AskAsync(
                sentinel, SentinelPassword, "SENTINEL", "DEBUG", "info-period", "1000", "ping-period", "300", "ask-period", "100",
                "publish-period", "100",
                "min-link-reconnect-period", "200", "election-timeout", "1000",
                "tilt-trigger", "60000"); // a machine that stalls is no reason to do nothing for half a minute
        }
        await WholeAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var server in Sentinels.Concat(_servers))
            await server.DisposeAsync();
    }

    /// <summary>
    /// Waits until the replica has all that the master has, and every sentinel sees both and the other sentinels. The master.
    /// </summary>
    public async Task<RedisServer> WholeAsync()
    {
        RedisServer? master = null;
        await Eventually.TrueAsync(() => Eventually.ConnectedAsync(async () =>
        {
            var ports = new HashSet<string>();
            foreach (var sentinel in Sentinels)
            {
                var reply = await AskAsync(sentinel, SentinelPassword, "SENTINEL", "MASTER", MasterName);
                var seen = reply.ToDictionary();
                if (((string?)seen["flags"], (int)seen["num-slaves"], (int)seen["num-other-sentinels"]) != ("master", 1, 2))
                    return false;
                ports.Add((string)seen["port"]!);
                var replica = (await AskAsync(sentinel, SentinelPassword, "SENTINEL", "REPLICAS", MasterName))[0].ToDictionary();
                if (((string?)replica["flags"], (string?)replica["master-link-status"]) != ("slave", "ok"))
                    return false;
            }
            master = _servers.Find(server => ports.Contains($"{server.Port}"));
            return ports.Count == 1
                && ((string)(await AskAsync(master!, Password, "INFO", "replication"))!).Contains("state=online", StringComparison.Ordinal);
        }));
        return master!;
    }

    public RedisServer Other(RedisServer server) => _servers.Single(other => other != server);

    public static async Task<RedisResult> AskAsync(RedisServer server, string password, params string[] command)
    {
        var configuration = new ConfigurationOptions
        {
            EndPoints = { { "127.0.0.1", server.Port } },
            Password = password,
            AllowAdmin = true,
            ConfigurationChannel = "",
            CommandMap = password == SentinelPassword ? CommandMap.Sentinel : CommandMap.Default,
        };
        await using var connection = await ConnectionMultiplexer.ConnectAsync(configuration);
        return await connection.GetServers()[0].ExecuteAsync(command[0], [.. command[1..]]);
    }
}
