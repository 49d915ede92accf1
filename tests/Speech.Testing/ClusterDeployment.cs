using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Testing;

/// <summary>Three masters with a third of the slots each, and a replica that stands in for any of them that is given it.</summary>
public sealed class ClusterDeployment : IAsyncLifetime
{
    private readonly List<LoneNode> _nodes = [];

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
                "--cluster-enabled", "yes", "--cluster-node-timeout", "1500", "--cluster-port", $"{busPort}", "--repl-diskless-sync-delay",
                "0");
            _nodes.Add(new LoneNode(server, busPort));
        }
        for (var i = 0; i < 3; i++)
        {
            await _nodes[i].ExecuteAsync("CLUSTER", "SET-CONFIG-EPOCH", i + 1);
            await _nodes[i].ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", First(i), First(i + 1) - 1);
        }
        foreach (var node in _nodes.Skip(1))
            await _nodes[0].ExecuteAsync("CLUSTER", "MEET", "127.0.0.1", node.Server.Port, node.BusPort);
        await Eventually.TrueAsync(() => _nodes[3].ExecuteAsync("CLUSTER", "NODES").ContinueWith(
            nodes => ((string)nodes.Result!).Split('\n').Count(line => line.Contains("connected", StringComparison.Ordinal)
                && !line.Contains("handshake", StringComparison.Ordinal)) == 4, TaskScheduler.Default));
        await _nodes[3].ExecuteAsync("CLUSTER", "REPLICATE", await _nodes[0].IdAsync());
        await WholeAsync();

        static int First(int third) => third * 16384 / 3;
    }

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
            await node.Server.DisposeAsync();
        }
    }

    /// <summary>Waits until every node is up and sees the cluster so, and the replica has all that its master has.</summary>
    public Task WholeAsync() => Eventually.TrueAsync(() => Eventually.ConnectedAsync(async () =>
    {
        var online = 0;
        foreach (var node in _nodes)
        {
            var info = (string)(await node.ExecuteAsync("CLUSTER", "INFO"))!;
            var nodes = (string)(await node.ExecuteAsync("CLUSTER", "NODES"))!;
            if (!info.Contains("cluster_state:ok", StringComparison.Ordinal) || !info.Contains("cluster_size:3", StringComparison.Ordinal)
                || nodes.Contains("fail", StringComparison.Ordinal))
                return false;
            online += (await node.InfoAsync("replication")).Split('\n')
                .Count(line => line.Contains("state=online", StringComparison.Ordinal));
        }
        return online == 1;
    }));

    /// <summary>The three nodes that are masters now.</summary>
    public async Task<LoneNode[]> MastersAsync()
    {
        var masters = new List<LoneNode>();
        foreach (var node in _nodes)
        {
            if ((string?)(await node.ExecuteAsync("ROLE"))[0] == "master")
                masters.Add(node);
        }
        return [.. masters];
    }
}
