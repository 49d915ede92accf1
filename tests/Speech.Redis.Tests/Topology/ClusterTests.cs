using System.Collections.Concurrent;
using System.Text;
using StackExchange.Redis;

namespace Speech.Redis.Tests.Topology;

[Trait("Speed", "Slow")]
public class ClusterTests(ClusterDeployment cluster) : IClassFixture<ClusterDeployment>
{
    private static readonly RedisScript Add = new("redis.call('PUBLISH', ARGV[2], ARGV[1]); return redis.call('RPUSH', KEYS[1], ARGV[1])");

    [Fact]
    public async Task Commands_and_scripts_go_to_the_nodes_of_their_keys()
    {
        await cluster.WholeAsync();
        await using var redis = new RedisClient(cluster.Options);
        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => redis.SetAsync($"key:{i}", i)));
        for (var i = 0; i < 500; i++)
            ((string?)await redis.GetAsync($"key:{i}")).ShouldBe($"{i}");
        for (var i = 0; i < 30; i++)
        {
            await redis.EvalAsync(Add, [$"list:{i}"], [i, "nobody"]);
            (await redis.StreamAddAsync($"stream:{i}", [new("n", i)])).ShouldNotBe(default);
            await redis.EnsureGroupAsync($"stream:{i}", "g");
            (await redis.StreamReadGroupAsync($"stream:{i}", "g", "c", 1)).ShouldHaveSingleItem().GetString("n").ShouldBe($"{i}");
            (await redis.StreamPendingCountAsync($"stream:{i}", "g")).ShouldBe(1);
        }
        foreach (var node in await cluster.MastersAsync())
        {
            ((long)await node.ExecuteAsync("DBSIZE")).ShouldBeGreaterThan(0);
            await node.ExecuteAsync("SCRIPT", "FLUSH");
        }
        for (var i = 0; i < 30; i++)
            ((long)await redis.EvalAsync(Add, [$"list:{i}"], [i, "nobody"])).ShouldBe(2);
        await redis.PingAsync();
        redis.IsConnected.ShouldBeTrue();

        var found = new HashSet<string>();
        await foreach (var key in redis.ScanKeysAsync("key:*", pageSize: 50))
            found.Add(key);
        found.Count.ShouldBe(500);
    }

    [Fact]
    public async Task Keys_that_no_one_node_has_are_an_error_before_anything_is_sent()
    {
        await cluster.WholeAsync();
        await using var redis = new RedisClient(cluster.Options);
        await Should.ThrowAsync<RedisCommandException>(() => redis.EvalAsync(Add, ["one", "two"], ["x", "nobody"]));
        (await redis.KeyExistsAsync("one")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_blocking_read_waits_at_the_node_of_its_stream()
    {
        await cluster.WholeAsync();
        await using var redis = new RedisClient(cluster.Options);
        await using var reader = new RedisBlockingConnection(cluster.Options);
        for (var i = 0; i < 9; i++)
        {
            await redis.EnsureGroupAsync($"wait:{i}", "g");
            var reading = reader.StreamReadGroupAsync($"wait:{i}", "g", "c", 1, TimeSpan.FromSeconds(20));
            var id = await redis.StreamAddAsync($"wait:{i}", [new("n", i)]);
            (await reading).ShouldHaveSingleItem().StreamId.ShouldBe(id);
        }
        using var cancellation = new CancellationTokenSource(50);
        await Should.ThrowAsync<OperationCanceledException>(
            reader.StreamReadGroupAsync("wait:1", "g", "c", 1, TimeSpan.FromSeconds(20), cancellation.Token));
        await redis.StreamAddAsync("wait:1", [new("n", 10)]);
        (await reader.StreamReadGroupAsync("wait:1", "g", "c", 1, TimeSpan.FromSeconds(20))).Length.ShouldBe(1);
        await Should.ThrowAsync<RedisCommandException>(() => reader.StreamReadGroupAsync(
            ["wait:1", "wait:2"], "g", "c", 1, TimeSpan.FromSeconds(1)));
        await redis.EnsureGroupAsync("wait:{1}:more", "g");
        (await reader.StreamReadGroupAsync(["wait:{1}:more"], "g", "c", 1, TimeSpan.FromMilliseconds(1))).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_script_publishes_on_any_node_is_heard_by_every_subscriber()
    {
        await cluster.WholeAsync();
        await using var redis = new RedisClient(cluster.Options);
        await using var subscriber = new RedisSubscriber(redis);
        var heard = new Heard();
        await using var subscription = await subscriber.SubscribeAsync("results:ann", heard.OnMessage);
        for (var i = 0; i < 20; i++)
            await redis.EvalAsync(Add, [$"publish:{i}"], [i, "results:ann"]);
        var all = new HashSet<string>();
        while (all.Count < 20)
            all.Add(await heard.NextAsync()); // some may come twice
    }

    [Fact]
    public async Task A_slot_moves_from_node_to_node_under_load_and_every_command_runs_once()
    {
        await cluster.WholeAsync();
        var masters = await cluster.MastersAsync();
        await using var redis = new RedisClient(cluster.Options);
        await using var reader = new RedisBlockingConnection(cluster.Options);
        var slot = await SlotOfAsync(redis, "{moving}");
        await redis.EnsureGroupAsync("{moving}:jobs", "g");
        var counts = new ConcurrentDictionary<string, long>();
        var created = new ConcurrentBag<string>();
        var read = new List<string>();
        var stop = false;
        var redirected = await RedirectionsAsync(masters);
        var workers = Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; !Volatile.Read(ref stop); i++)
            {
                // Old keys and new ones: while the slot is on its way, the new ones are made at its next node, where ASK leads.
                var counter = $"{{moving}}:{worker}:{i % 20}";
                (await redis.RunAsync(database => database.HashIncrementAsync(counter, "n")))
                    .ShouldBe(counts.AddOrUpdate(counter, 1, (_, count) => count + 1));
                var fresh = $"{{moving}}:new:{worker}:{i}";
                ((long)await redis.EvalAsync(Add, [fresh], [i, "nobody"])).ShouldBe(1);
                created.Add(fresh);
                if (i % 50 == 0)
                    await redis.StreamAddAsync("{moving}:jobs", [new("job", $"{worker}:{i}")]);
            }
        })).ToArray();
        var reading = Task.Run(async () =>
        {
            while (!Volatile.Read(ref stop))
            {
                try
                {
                    foreach (var entry in await reader.StreamReadGroupAsync("{moving}:jobs", "g", "c", 100, TimeSpan.FromMilliseconds(300)))
                        read.Add(entry.GetString("job"));
                }
                catch (RedisServerException e) when (e.Code == "UNBLOCKED")
                {
                    continue; // the stream has left the node while the read waited there
                }
            }
        });

        for (var round = 0; round < 4; round++)
        {
            var seen = created.Count;
            await Eventually.TrueAsync(() => created.Count >= seen + 200);
            await MoveAsync(masters, slot);
        }
        Volatile.Write(ref stop, true);
        await Task.WhenAll(workers);
        await reading;

        foreach (var (counter, count) in counts)
            (await redis.HashGetStringAsync(counter, "n")).ShouldBe($"{count}");
        foreach (var key in created)
            (await redis.RunAsync(database => database.ListLengthAsync(key))).ShouldBe(1);
        read.AddRange((await redis.StreamReadGroupAsync("{moving}:jobs", "g", "c", 10_000)).Select(entry => entry.GetString("job")));
        read.Count.ShouldBe((int)await redis.StreamLengthAsync("{moving}:jobs"));
        read.ShouldBeUnique();
        var after = await RedirectionsAsync(masters);
        after.Moved.ShouldBeGreaterThan(redirected.Moved);
        after.Ask.ShouldBeGreaterThan(redirected.Ask);
    }

    [Fact]
    public async Task A_master_that_is_killed_is_replaced_by_its_replica_and_all_goes_on()
    {
        await cluster.WholeAsync();
        var options = cluster.Options;
        await using var redis = new RedisClient(options);
        await using var subscriber = new RedisSubscriber(redis);
        var heard = new Heard();
        var gaps = new Heard();
        await using var subscription = await subscriber.SubscribeAsync(
            "results:bob", heard.OnMessage, (gap, cancellationToken) =>
                gaps.OnMessage(Encoding.UTF8.GetBytes($"{gap}"), cancellationToken));
        var (victim, key) = await MasterWithReplicaAsync();
        await redis.EnsureGroupAsync($"{{{key}}}:jobs", "g");
        var failures = new ConcurrentQueue<RedisException>();
        var done = 0;
        var stop = false;
        var workers = Enumerable.Range(0, 10).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; !Volatile.Read(ref stop); i++)
            {
                try
                {
                    await redis.SetAsync(worker < 5 ? $"{{{key}}}:{worker}:{i}" : $"{worker}:{i}", i);
                    Interlocked.Increment(ref done);
                }
                catch (RedisException e)
                {
                    failures.Enqueue(e);
                    await Task.Delay(5);
                }
            }
        })).ToArray();
        var reading = ReadOneAsync();
        await Eventually.TrueAsync(() => Volatile.Read(ref done) >= 1000);

        await victim.KillAsync();
        await Eventually.TrueAsync(() => Eventually.ConnectedAsync(async () =>
        {
            try
            {
                await redis.SetAsync($"{{{key}}}:after", 1);
                return true;
            }
            catch (RedisServerException e) when (e.IsTransient)
            {
                return false;
            }
        }));
        await redis.StreamAddAsync($"{{{key}}}:jobs", [new("n", 1)]);
        (await reading).GetString("n").ShouldBe("1");
        (await gaps.NextAsync()).ShouldBe("Reconnected"); // the masters have changed, whichever the subscriber was connected to
        await Eventually.TrueAsync(async () =>
        {
            await redis.EvalAsync(Add, [$"{{{key}}}:list"], ["x", "results:bob"]); // what is published while it subscribes again is missed
            return heard.Count > 0;
        });
        var before = Volatile.Read(ref done);
        await Eventually.TrueAsync(() => Volatile.Read(ref done) >= before + 1000);
        Volatile.Write(ref stop, true);
        await Task.WhenAll(workers);
        failures.Where(failure => !failure.IsTransient).ShouldBeEmpty();
        await victim.RestartAsync();

        async Task<StreamEntry> ReadOneAsync()
        {
            await using var reader = new RedisBlockingConnection(options);
            while (true)
            {
                try
                {
                    if (await reader.StreamReadGroupAsync($"{{{key}}}:jobs", "g", "c", 1, TimeSpan.FromSeconds(1)) is [var entry])
                        return entry;
                }
                catch (RedisException e) when (e.IsTransient)
                {
                    await Task.Delay(5);
                }
            }
        }
    }

    [Fact]
    public async Task One_node_that_answers_is_enough_to_begin_with()
    {
        await cluster.WholeAsync();
        var seeds = cluster.Options.Seeds;
        await using var redis = new RedisClient(cluster.Options with { Seeds = [new("127.0.0.1", RedisServer.FreePort()), seeds[1]] });
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => redis.SetAsync($"seed:{i}", i)));
        for (var i = 0; i < 100; i++)
            ((string?)await redis.GetAsync($"seed:{i}")).ShouldBe($"{i}");
    }

    [Fact]
    public async Task Nodes_that_do_not_answer_are_named_in_time()
    {
        var port = RedisServer.FreePort();
        var options = RedisOptions.Parse($"redis+cluster://127.0.0.1:{port}") with { CommandTimeout = TimeSpan.FromSeconds(3) };
        await using var redis = new RedisClient(options);
        var error = await Should.ThrowAsync<RedisConnectionException>(redis.SetAsync("k", "v"));
        error.MaybeExecuted.ShouldBeFalse();
        error.Message.ShouldContain($"127.0.0.1:{port}");
        error.Message.ShouldContain("refused");
        await Should.ThrowAsync<RedisConnectionException>(redis.PingAsync());
    }

    [Fact]
    public async Task A_server_that_is_no_cluster_is_named_as_such_at_once()
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = new RedisClient(
            RedisOptions.Parse($"redis+cluster://127.0.0.1:{server.Port}") with { CommandTimeout = TimeSpan.FromMinutes(5) });
        (await Should.ThrowAsync<RedisConnectionException>(redis.SetAsync("k", 1))).Message.ShouldContain("cluster support disabled");
    }

    // As redis-cli --cluster reshard does it: both nodes are told, keys go in portions, then everyone is told.
    private static async Task MoveAsync(LoneNode[] masters, int slot)
    {
        var from = masters[await IndexOfOwnerAsync(masters, slot)];
        var to = masters[(Array.IndexOf(masters, from) + 1) % masters.Length];
        var (fromId, toId) = (await from.IdAsync(), await to.IdAsync());
        await to.ExecuteAsync("CLUSTER", "SETSLOT", slot, "IMPORTING", fromId);
        await from.ExecuteAsync("CLUSTER", "SETSLOT", slot, "MIGRATING", toId);
        while ((string[]?)await from.ExecuteAsync("CLUSTER", "GETKEYSINSLOT", slot, 50) is { Length: > 0 } keys)
            await from.ExecuteAsync("MIGRATE", ["127.0.0.1", to.Server.Port, "", 0, 5000, "KEYS", .. keys]);
        foreach (var node in (LoneNode[])[to, from, .. masters])
            await node.ExecuteAsync("CLUSTER", "SETSLOT", slot, "NODE", toId);
    }

    private static Task<int> SlotOfAsync(RedisClient redis, string key) =>
        redis.RunAsync(database => Task.FromResult(database.Multiplexer.HashSlot(key)));

    private static async Task<int> IndexOfOwnerAsync(LoneNode[] masters, int slot)
    {
        for (var i = 0; i < masters.Length; i++)
        {
            if (await masters[i].OwnsAsync(slot))
                return i;
        }
        throw new InvalidOperationException($"No node owns slot {slot}.");
    }

    private static async Task<(int Moved, int Ask)> RedirectionsAsync(LoneNode[] masters)
    {
        var (moved, ask) = (0, 0);
        foreach (var node in masters)
        {
            var errors = await node.InfoAsync("errorstats");
            moved += Count(errors, "errorstat_MOVED:count=");
            ask += Count(errors, "errorstat_ASK:count=");
        }
        return (moved, ask);

        static int Count(string errors, string field) =>
            errors.Split("\r\n").FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal)) is { } line
            ? int.Parse(line[field.Length..], System.Globalization.CultureInfo.InvariantCulture)
            : 0;
    }

    private async Task<(RedisServer Server, string Key)> MasterWithReplicaAsync()
    {
        await using var redis = new RedisClient(cluster.Options);
        foreach (var node in await cluster.MastersAsync())
        {
            if ((await node.InfoAsync("replication")).Contains("connected_slaves:0", StringComparison.Ordinal))
                continue;
            for (var i = 0; ; i++)
            {
                if (await node.OwnsAsync(await SlotOfAsync(redis, $"tag{i}")))
                    return (node.Server, $"tag{i}");
            }
        }
        throw new InvalidOperationException("No master has a replica.");
    }
}
