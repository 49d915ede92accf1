using StackExchange.Redis;

namespace Speech.Redis.Tests;

/// <summary>
/// What a server refuses, and says why, on real servers: each is an error at once, which says that waiting may cure it, and when it is
/// cured the same connection goes on.
/// </summary>
public class FaultTests
{
    private static readonly RedisScript Write = new("return redis.call('SET', KEYS[1], ARGV[1])");

    [Fact]
    public async Task Redis_takes_our_configuration_and_never_drops_a_key_for_want_of_memory()
    {
        await using var server = await RedisServer.StartWithAsync(await File.ReadAllTextAsync(Checkout.Path("infra/redis.conf")));
        await using var redis = new RedisClient(RedisOptions.Parse(server.Url));
        ((string?)(await redis.ExecuteAsync("CONFIG", "GET", "maxmemory-policy"))[1]).ShouldBe("noeviction");
        ((string)(await redis.ExecuteAsync("CONFIG", "GET", "client-output-buffer-limit"))[1]!).ShouldContain("pubsub 33554432 8388608 60");
        ((string?)(await redis.ExecuteAsync("CONFIG", "GET", "appendonly"))[1]).ShouldBe("yes");
    }

    [Fact]
    public async Task A_server_whose_memory_is_full_refuses_writes_until_there_is_room()
    {
        await using var server = await RedisServer.StartAsync("--maxmemory-policy", "noeviction");
        await using var redis = new RedisClient(RedisOptions.Parse(server.Url));
        await redis.SetAsync("before", 1);
        await redis.ExecuteAsync("CONFIG", "SET", "maxmemory", 1);
        await RefusesWritesAsync(redis, "OOM");
        ((string?)await redis.GetAsync("before")).ShouldBe("1");
        await redis.ExecuteAsync("CONFIG", "SET", "maxmemory", 0);
        await TakesWritesAsync(redis);
    }

    [Fact]
    public async Task A_server_that_cannot_write_to_its_disk_refuses_writes_until_it_can()
    {
        await using var server = await RedisServer.StartAsync("--dbfilename", "dump.rdb");
        await using var redis = new RedisClient(RedisOptions.Parse(server.Url));
        var inTheWay = Directory.CreateDirectory(Path.Combine(server.Folder, "dump.rdb"));
        await redis.ExecuteAsync("CONFIG", "SET", "save", "3600 1000000");
        await SaveAsync("err");
        await RefusesWritesAsync(redis, "MISCONF");
        inTheWay.Delete();
        await SaveAsync("ok");
        await TakesWritesAsync(redis);

        async Task SaveAsync(string outcome)
        {
            await redis.ExecuteAsync("BGSAVE");
            await Eventually.TrueAsync(async () =>
            {
                var info = await redis.InfoAsync("persistence");
                return info["rdb_bgsave_in_progress"] == "0" && info["rdb_last_bgsave_status"] == outcome;
            });
        }
    }

    [Fact]
    public async Task A_master_without_replicas_enough_refuses_writes_until_they_are_back()
    {
        await using var server = await RedisServer.StartAsync("--min-replicas-to-write", "1", "--repl-diskless-sync-delay", "0");
        await using var redis = new RedisClient(RedisOptions.Parse(server.Url));
        await RefusesWritesAsync(redis, "NOREPLICAS");
        await using var replica = await RedisServer.StartAsync("--replicaof", $"127.0.0.1 {server.Port}");
        await Eventually.TrueAsync(async () => (await redis.InfoAsync("replication"))["min_slaves_good_slaves"] == "1");
        await TakesWritesAsync(redis);
    }

    [Fact]
    public async Task A_replica_refuses_writes_until_it_is_a_master()
    {
        await using var master = await RedisServer.StartAsync("--repl-diskless-sync-delay", "0");
        await using var server = await RedisServer.StartAsync();
        var options = RedisOptions.Parse(
            server.Url) with
        { KeepAliveInterval = TimeSpan.FromSeconds(1), CommandTimeout = TimeSpan.FromSeconds(30) };
        await using var redis = new RedisClient(options);
        await redis.ExecuteAsync("REPLICAOF", "127.0.0.1", master.Port);
        (await Should.ThrowAsync<RedisServerException>(redis.ExecuteAsync("SET", "k", 1))).Code.ShouldBe("READONLY");
        (await Should.ThrowAsync<RedisServerException>(redis.ExecuteAsync("EVAL", Write.Source, 1, "k", 1))).IsTransient.ShouldBeTrue();
        // The client finds out that it is a replica, and keeps what is to be written for a master.
        await Eventually.TrueAsync(() => redis.RunAsync(database => Task.FromResult(database.Multiplexer.GetServers()[0].IsReplica)));
        var writing = redis.SetAsync("k", 1);
        await redis.ExecuteAsync("REPLICAOF", "NO", "ONE");
        await writing;
        await TakesWritesAsync(redis);
    }

    [Fact]
    public async Task A_replica_without_its_master_refuses_reads_too()
    {
        await using var server = await RedisServer.StartAsync("--replica-serve-stale-data", "no");
        await using var redis = new RedisClient(RedisOptions.Parse(server.Url));
        await redis.ExecuteAsync("REPLICAOF", "127.0.0.1", RedisServer.FreePort());
        var refused = await Should.ThrowAsync<RedisServerException>(redis.GetAsync("k"));
        (refused.Code, refused.IsTransient).ShouldBe(("MASTERDOWN", true));
        await redis.ExecuteAsync("REPLICAOF", "NO", "ONE");
        await TakesWritesAsync(redis);
    }

    [Fact]
    public async Task A_server_that_reads_its_data_again_refuses_everything_meanwhile()
    {
        await using var server = await RedisServer.StartAsync(
            "--key-load-delay", "200", "--enable-debug-command", "yes", "--loading-process-events-interval-bytes", "1024");
        var options = RedisOptions.Parse(server.Url) with { CommandTimeout = TimeSpan.FromSeconds(30) };
        await using var redis = new RedisClient(options);
        await using var other = new RedisClient(options);
        await Task.WhenAll(Enumerable.Range(0, 5000).Select(i => redis.SetAsync($"{i}", "a value of a few bytes")));
        await other.PingAsync();
        var reloading = other.ExecuteAsync("DEBUG", "RELOAD");
        RedisServerException? refused = null;
        while (refused is null && !reloading.IsCompleted)
        {
            try
            {
                await redis.GetAsync("1");
            }
            catch (RedisServerException e)
            {
                refused = e;
            }
        }
        refused.ShouldNotBeNull();
        (refused.Code, refused.IsTransient).ShouldBe(("LOADING", true));
        await reloading;
        await TakesWritesAsync(redis);
    }

    [Fact]
    public async Task A_server_that_a_script_holds_up_refuses_everything_until_it_ends()
    {
        await using var server = await RedisServer.StartAsync("--busy-reply-threshold", "20");
        var options = RedisOptions.Parse(server.Url) with { CommandTimeout = TimeSpan.FromSeconds(30) };
        await using var redis = new RedisClient(options);
        await using var other = new RedisClient(options);
        await other.PingAsync();
        await redis.PingAsync();
        var endless = other.EvalAsync(new RedisScript("while true do end"), [], []);
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                await redis.GetAsync("k");
                return false; // it has not begun
            }
            catch (RedisServerException e)
            {
                (e.Code, e.IsTransient).ShouldBe(("BUSY", true));
                return true;
            }
        });
        await redis.ExecuteAsync("SCRIPT", "KILL");
        (await Should.ThrowAsync<RedisServerException>(endless)).IsTransient.ShouldBeFalse();
        await TakesWritesAsync(redis);
    }

    [Fact]
    public async Task A_server_that_hangs_and_wakes_up_is_used_again_by_every_kind_of_connection()
    {
        await using var server = await RedisServer.StartAsync();
        var options = RedisOptions.Parse(server.Url) with
        {
            CommandTimeout = TimeSpan.FromMilliseconds(300),
            KeepAliveInterval = TimeSpan.FromMilliseconds(100),
            MaxReconnectDelay = TimeSpan.FromMilliseconds(100),
        };
        await using var redis = new RedisClient(options);
        await using var reader = new RedisBlockingConnection(options);
        await using var subscriber = new RedisSubscriber(redis);
        var heard = new Heard();
        // To connect may take longer than a command may.
        await Eventually.ConnectedAsync(() => redis.EnsureGroupAsync("jobs", "g"));
        await using var subscription = await Eventually.ConnectedAsync(() => subscriber.SubscribeAsync("hang", heard.OnMessage));
        await Eventually.ConnectedAsync(() => reader.ExecuteAsync("PING", [], TimeSpan.Zero));
        var reading = reader.StreamReadGroupAsync("jobs", "g", "c", 1, TimeSpan.FromMilliseconds(300));
        server.Pause();
        try
        {
            await Should.ThrowAsync<RedisConnectionException>(redis.SetAsync("k", 1));
            await Should.ThrowAsync<RedisConnectionException>(reading);
            await Eventually.TrueAsync(() => !subscriber.IsConnected);
        }
        finally
        {
            server.Resume();
        }
        // Its connection may have outlived the silence, and has missed nothing then; or else it tells of a gap.
        await Eventually.TrueAsync(async () =>
        {
            await Eventually.ConnectedAsync(() => redis.PublishAsync("hang", "awake"));
            return heard.Count > 0;
        });
        (await heard.NextAsync()).ShouldBe("awake");
        await redis.StreamAddAsync("jobs", [new("n", 1)]);
        await Eventually.TrueAsync(async () =>
        {
            // The read that timed out may have taken the entry when the server woke up: then it is pending.
            var entries =
                await Eventually.ConnectedAsync(() => reader.StreamReadGroupAsync("jobs", "g", "c", 1, TimeSpan.FromMilliseconds(50)));
            return entries.Length == 1 || (await redis.StreamPendingCountAsync("jobs", "g")) == 1;
        });
    }

    private static async Task RefusesWritesAsync(RedisClient redis, string code)
    {
        foreach (var write in (Func<Task>[])[() => redis.SetAsync("k", 1), () => redis.EvalAsync(
            Write, ["k"], [1]), () => redis.StreamAddAsync("s", [new("n", 1)])])
        {
            var refused = await Should.ThrowAsync<RedisServerException>(write);
            (refused.Code, refused.IsTransient).ShouldBe((code, true));
        }
    }

    private static async Task TakesWritesAsync(RedisClient redis)
    {
        await redis.SetAsync("k", 2);
        await redis.EvalAsync(Write, ["k"], [3]);
        ((string?)await redis.GetAsync("k")).ShouldBe("3");
    }
}
