using StackExchange.Redis;

namespace Speech.Redis.Tests.Topology;

/// <summary>Three masters with a third of the slots each, and a replica that stands in for any of them that is given it.</summary>
public sealed class ClusterDeployment : IAsyncLifetime
{
    private readonly List<(RedisServer Server, int BusPort, RedisClient Client)> _nodes = [];

    public string Url => $"redis+cluster://{string.Join(',', _nodes.Take(3).Select(node => $"127.0.0.1:{node.Server.Port}"))}";

    public RedisOptions Options => RedisOptions.Parse(Url) with
    {
        CommandTimeout = TimeSpan.FromSeconds(10), // longer than a failover takes
        KeepAliveInterval = TimeSpan.FromMilliseconds(500),
        MinReconnectDelay = TimeSpan.FromMilliseconds(20),
        MaxReconnectDelay = TimeSpan.FromMilliseconds(200),
    };

    public async Task InitializeAsync()
    {
        for (var i = 0; i < 4; i++)
        {
            var busPort = RedisServer.FreePort();
            var server = await RedisServer.StartAsync(
                "--cluster-enabled", "yes", "--cluster-node-timeout", "1500", "--cluster-port", $"{busPort}", "--repl-diskless-sync-delay", "0");
            _nodes.Add((server, busPort, new RedisClient(RedisOptions.Parse(server.Url))));
        }
        for (var i = 0; i < 3; i++)
        {
            await _nodes[i].Client.ExecuteAsync("CLUSTER", "SET-CONFIG-EPOCH", i + 1);
            await _nodes[i].Client.ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", First(i), First(i + 1) - 1);
        }
        foreach (var (server, busPort, _) in _nodes.Skip(1))
            await _nodes[0].Client.ExecuteAsync("CLUSTER", "MEET", "127.0.0.1", server.Port, busPort);
        await Eventually.TrueAsync(() => _nodes[3].Client.ExecuteAsync("CLUSTER", "NODES").ContinueWith(
            nodes => ((string)nodes.Result!).Split('\n').Count(line => line.Contains("connected", StringComparison.Ordinal)
                && !line.Contains("handshake", StringComparison.Ordinal)) == 4, TaskScheduler.Default));
        await _nodes[3].Client.ExecuteAsync("CLUSTER", "REPLICATE", await IdAsync(_nodes[0].Client));
        await WholeAsync();

        static int First(int third) => third * 16384 / 3;
    }

    public async Task DisposeAsync()
    {
        foreach (var (server, _, client) in _nodes)
        {
            await client.DisposeAsync();
            await server.DisposeAsync();
        }
    }

    /// <summary>Waits until every node is up and sees the cluster so, and the replica has all that its master has.</summary>
    public Task WholeAsync() => Eventually.TrueAsync(() => Eventually.ConnectedAsync(async () =>
    {
        var online = 0;
        foreach (var (_, _, client) in _nodes)
        {
            var info = (string)(await client.ExecuteAsync("CLUSTER", "INFO"))!;
            var nodes = (string)(await client.ExecuteAsync("CLUSTER", "NODES"))!;
            if (!info.Contains("cluster_state:ok", StringComparison.Ordinal) || !info.Contains("cluster_size:3", StringComparison.Ordinal)
                || nodes.Contains("fail", StringComparison.Ordinal))
                return false;
            online += (await client.InfoAsync("replication")).Values.Count(value => value.Contains("state=online", StringComparison.Ordinal));
        }
        return online == 1;
    }));

    /// <summary>Clients of the three nodes alone that are masters now, with their servers.</summary>
    public async Task<(RedisServer Server, RedisClient Client)[]> MastersAsync()
    {
        var masters = new List<(RedisServer, RedisClient)>();
        foreach (var (server, _, client) in _nodes)
        {
            if ((string?)(await client.ExecuteAsync("ROLE"))[0] == "master")
                masters.Add((server, client));
        }
        return [.. masters];
    }

    public static async Task<string> IdAsync(RedisClient node) => (string)(await node.ExecuteAsync("CLUSTER", "MYID"))!;

    /// <summary>Whether this node says that a slot is its own.</summary>
    public static async Task<bool> OwnsAsync(RedisClient node, int slot)
    {
        var id = await IdAsync(node);
        return ((RedisResult[])(await node.ExecuteAsync("CLUSTER", "SLOTS"))!)
            .Any(range => (int)range[0] <= slot && slot <= (int)range[1] && (string?)range[2][2] == id);
    }
}
