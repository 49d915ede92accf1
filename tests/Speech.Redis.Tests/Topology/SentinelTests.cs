using System.Text;
using StackExchange.Redis;

namespace Speech.Redis.Tests.Topology;

[Trait("Speed", "Slow")]
public class SentinelTests(SentinelDeployment deployment) : IClassFixture<SentinelDeployment>
{
    [Fact]
    public async Task Commands_go_to_the_master_that_the_sentinels_name_though_one_of_them_hangs()
    {
        var master = await deployment.WholeAsync();
        deployment.Sentinels[0].Pause();
        try
        {
            // Which of them hangs is found out by waiting.
            var options = deployment.Options with { ConnectTimeout = TimeSpan.FromSeconds(1), CommandTimeout = TimeSpan.FromSeconds(30) };
            await using var redis = new RedisClient(options);
            (await redis.InfoAsync("server"))["tcp_port"].ShouldBe($"{master.Port}");
            await using var reader = new RedisBlockingConnection(options);
            ((string?)(await reader.ExecuteAsync("ROLE", [], TimeSpan.FromSeconds(1)))[0]).ShouldBe("master");
        }
        finally
        {
            deployment.Sentinels[0].Resume();
        }
    }

    [Fact]
    public async Task When_the_master_is_killed_all_connections_go_on_at_the_new_one_and_nothing_that_it_had_acknowledged_is_missing()
    {
        var old = await deployment.WholeAsync();
        await using var redis = new RedisClient(deployment.Options);
        await using var subscriber = new RedisSubscriber(redis);
        var heard = new Heard();
        var gaps = new Heard();
        await using var subscription = await subscriber.SubscribeAsync(
            "news", heard.OnMessage, (gap, cancellationToken) => gaps.OnMessage(Encoding.UTF8.GetBytes($"{gap}"), cancellationToken));
        await redis.EnsureGroupAsync("jobs", "g");
        var written = new List<string>();
        var failures = 0;
        var stop = false;

        // Each write is acknowledged by the replica too (WAIT), over one connection: what another connection wrote does not count.
        var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            await using var connection = new RedisBlockingConnection(deployment.Options);
            for (var i = 0; !Volatile.Read(ref stop); i++)
            {
                try
                {
                    await connection.ExecuteAsync("HSET", [(RedisKey)"written", $"{writer}:{i}", i], TimeSpan.Zero);
                    if ((long)await connection.ExecuteAsync("WAIT", [1, 500], TimeSpan.FromMilliseconds(500)) < 1)
                        continue;
                    lock (written)
                        written.Add($"{writer}:{i}");
                }
                catch (RedisException e)
                {
                    e.IsTransient.ShouldBeTrue(e.Message);
                    Interlocked.Increment(ref failures);
                    await Task.Delay(5);
                }
            }
        })).ToArray();
        var reading = ReadOneAsync();
        await Eventually.TrueAsync(() => Count() >= 200);

        await old.KillAsync();
        await Eventually.TrueAsync(() => Eventually.ConnectedAsync(
            async () => (await redis.InfoAsync("server"))["tcp_port"] != $"{old.Port}"));
        (await gaps.NextAsync()).ShouldBe("Reconnected");
        // It has subscribed at the replica, whose promotion ends that once more: what is lost then is told of by another gap.
        await Eventually.TrueAsync(async () =>
        {
            await Eventually.ConnectedAsync(() => redis.PublishAsync("news", "from the new master"));
            return heard.Count > 0;
        });
        (await heard.NextAsync()).ShouldBe("from the new master");
        await AddJobAsync();
        (await reading).GetString("n").ShouldBe("1");

        var before = Count();
        await old.RestartAsync();
        await Eventually.TrueAsync(() => Count() >= before + 100); // the old one is the replica now, and acknowledges again
        Volatile.Write(ref stop, true);
        await Task.WhenAll(writers);
        var found = (await redis.HashGetAllAsync("written")).Select(field => (string)field.Name!).ToHashSet();
        written.ShouldAllBe(field => found.Contains(field));
        failures.ShouldBeGreaterThan(0);

        // The replica may be found before it is the master.
        Task AddJobAsync() => Eventually.TrueAsync(async () =>
        {
            try
            {
                await redis.StreamAddAsync("jobs", [new("n", 1)]);
                return true;
            }
            catch (RedisException e) when (e.IsTransient)
            {
                return false;
            }
        });

        int Count()
        {
            lock (written)
                return written.Count;
        }

        async Task<StreamEntry> ReadOneAsync()
        {
            await using var connection = new RedisBlockingConnection(deployment.Options);
            while (true)
            {
                try
                {
                    if (await connection.StreamReadGroupAsync("jobs", "g", "c", 1, TimeSpan.FromSeconds(1)) is [var entry])
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
    public async Task A_master_that_hangs_is_left_for_the_new_one()
    {
        var old = await deployment.WholeAsync();
        await using var redis = new RedisClient(deployment.Options);
        await using var subscriber = new RedisSubscriber(redis);
        var heard = new Heard();
        await using var subscription = await subscriber.SubscribeAsync("hang", heard.OnMessage);
        await redis.SetAsync("before", 1);
        old.Pause();
        try
        {
            await Eventually.ConnectedAsync(async () =>
            {
                await redis.SetAsync("after", 1);
                return true;
            });
            // Until the old one's silence has been noticed, a command may still go there, and fail.
            var port = $"{deployment.Other(old).Port}";
            await Eventually.TrueAsync(() => Eventually.ConnectedAsync(async () => (await redis.InfoAsync("server"))["tcp_port"] == port));
            await Eventually.TrueAsync(async () => await Eventually.ConnectedAsync(() => redis.PublishAsync("hang", "x")) == 1);
            (await heard.NextAsync()).ShouldBe("x");
        }
        finally
        {
            old.Resume();
        }
    }

    [Fact]
    public async Task A_master_that_gives_way_is_left_for_the_new_one()
    {
        var old = await deployment.WholeAsync();
        await using var redis = new RedisClient(deployment.Options);
        await redis.SetAsync("k", 1);
        await SentinelDeployment.AskAsync(
            deployment.Sentinels[1], SentinelDeployment.SentinelPassword, "SENTINEL", "FAILOVER", SentinelDeployment.MasterName);
        var port = $"{deployment.Other(old).Port}";
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                await redis.SetAsync("k", 2);
                return (await redis.InfoAsync("server"))["tcp_port"] == port;
            }
            catch (RedisException e) when (e.IsTransient)
            {
                return false;
            }
        });
    }

    [Fact]
    public async Task A_server_that_became_a_replica_is_not_written_to_again()
    {
        var master = await deployment.WholeAsync();
        await using var redis = new RedisClient(deployment.Options);
        await redis.SetAsync("k", 1);
        // Behind the sentinels' back, who will put it right.
        await SentinelDeployment.AskAsync(
            master, SentinelDeployment.Password, "REPLICAOF", "127.0.0.1", $"{deployment.Other(master).Port}");
        var refused = await Should.ThrowAsync<RedisServerException>(redis.SetAsync("k", 2));
        (refused.Code, refused.IsTransient).ShouldBe(("READONLY", true));
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                await redis.SetAsync("k", 3);
                return true;
            }
            catch (RedisException e) when (e.IsTransient)
            {
                await Task.Delay(20);
                return false;
            }
        });
    }

    [Theory]
    [InlineData("unknown", SentinelDeployment.SentinelPassword, SentinelDeployment.Password, "service: unknown")]
    [InlineData(SentinelDeployment.MasterName, "wrong", SentinelDeployment.Password, "WRONGPASS")]
    [InlineData(SentinelDeployment.MasterName, SentinelDeployment.SentinelPassword, "wrong", "WRONGPASS")]
    public async Task What_is_wrong_is_said(string masterName, string sentinelPassword, string password, string message)
    {
        await using var redis = new RedisClient(deployment.Options with
        {
            MasterName = masterName,
            SentinelPassword = sentinelPassword,
            Password = password,
        });
        (await Should.ThrowAsync<RedisConnectionException>(redis.SetAsync("k", 1))).Message.ShouldContain(message);
    }

    [Fact]
    public async Task A_server_that_is_no_sentinel_is_named_as_such_at_once()
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = new RedisClient(
            RedisOptions.Parse($"redis+sentinel://127.0.0.1:{server.Port}/m") with { CommandTimeout = TimeSpan.FromMinutes(1) });
        (await Should.ThrowAsync<RedisConnectionException>(redis.SetAsync("k", 1))).Message.ShouldContain("SENTINEL");
    }
}
