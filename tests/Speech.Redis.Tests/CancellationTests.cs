using StackExchange.Redis;

namespace Speech.Redis.Tests;

public class CancellationTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task A_command_cancelled_before_it_was_called_is_not_sent()
    {
        await Should.ThrowAsync<OperationCanceledException>(fixture.Client.SetAsync("never", "x", new CancellationToken(true)));
        (await fixture.Client.KeyExistsAsync("never")).ShouldBeFalse();
    }

    [Fact]
    public async Task Hundreds_of_commands_with_random_cancellations_stay_in_step()
    {
        await using var redis = new RedisClient(fixture.Options);
        var cancelled = 0;
        await Task.WhenAll(Enumerable.Range(0, 300).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            for (var i = 0; i < 100; i++)
            {
                var text = $"{worker}:{i}:{new string('x', random.Next(3000))}";
                using var cancellation = new CancellationTokenSource();
                var echo = redis.ExecuteAsync("ECHO", [text], cancellation.Token);
                if (random.Next(3) == 0)
                {
                    for (var yields = random.Next(4); yields > 0; yields--)
                        await Task.Yield();
                    await cancellation.CancelAsync();
                }
                try
                {
                    ((string?)await echo).ShouldBe(text);
                }
                catch (OperationCanceledException)
                {
                    Interlocked.Increment(ref cancelled);
                }
            }
        })));
        cancelled.ShouldBeGreaterThan(0);
        ((string?)await redis.ExecuteAsync("ECHO", "still in step")).ShouldBe("still in step");
    }

    [Fact]
    public async Task A_command_cancelled_while_it_waits_for_a_connection_is_never_sent()
    {
        await using var server = await RedisServer.StartAsync();
        var options = RedisOptions.Parse(server.Url) with
        {
            CommandTimeout = TimeSpan.FromSeconds(20),
            MinReconnectDelay = TimeSpan.FromMilliseconds(5),
            MaxReconnectDelay = TimeSpan.FromMilliseconds(20),
        };
        await server.KillAsync();
        await using var redis = new RedisClient(options);
        using var cancellation = new CancellationTokenSource();
        var first = redis.ExecuteAsync("RPUSH", "list", 1);
        var second = redis.ExecuteAsync("RPUSH", ["list", 2], cancellation.Token);
        var third = redis.ExecuteAsync("RPUSH", "list", 3);
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(second);
        await server.RestartAsync();
        await Task.WhenAll(first, third);
        ((string[])(await redis.ExecuteAsync("LRANGE", "list", 0, -1))!).ShouldBe(["1", "3"]);
    }

    [Fact]
    public async Task A_command_that_timed_out_leaves_the_others_in_step()
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = new RedisClient(RedisOptions.Parse(server.Url) with { CommandTimeout = TimeSpan.FromMilliseconds(400) });
        await redis.PingAsync();
        server.Pause();
        var late = redis.ExecuteAsync("ECHO", "late");
        (await Should.ThrowAsync<RedisConnectionException>(late)).InnerException.ShouldBeAssignableTo<TimeoutException>();
        server.Resume();
        ((string?)await Eventually.ConnectedAsync(() => redis.ExecuteAsync("ECHO", "after"))).ShouldBe("after");
    }
}
