namespace Speech.Redis.Tests;

public class BackPressureTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task A_hundred_megabytes_go_through_one_connection_both_ways()
    {
        const int commands = 1600;
        const int length = 64 * 1024;
        await using var redis = new RedisClient(fixture.Options with { CommandTimeout = TimeSpan.FromSeconds(60), MaxOutgoingBytes = 1024 * 1024 });
        var value = new byte[length];
        new Random(1).NextBytes(value);
        var echoes = new List<Task<RespValue>>();
        for (var i = 0; i < commands; i++)
        {
            BitConverter.TryWriteBytes(value, i);
            echoes.Add(redis.ExecuteAsync("ECHO", value));
        }
        for (var i = 0; i < commands; i++)
        {
            var echo = (await echoes[i]).AsBytes()!;
            echo.Length.ShouldBe(length);
            BitConverter.ToInt32(echo).ShouldBe(i);
            echo.AsSpan(4).SequenceEqual(value.AsSpan(4)).ShouldBeTrue();
            echoes[i] = null!;
        }
    }

    [Fact]
    public async Task A_hundred_megabytes_of_small_commands_from_many_threads_arrive()
    {
        await using var redis = new RedisClient(fixture.Options with { CommandTimeout = TimeSpan.FromSeconds(60), MaxInFlight = 256 });
        var value = new byte[1000];
        await Task.WhenAll(Enumerable.Range(0, 500).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++)
                await redis.SetAsync($"small:{worker}", value);
        })));
        (await redis.GetAsync("small:499"))!.Length.ShouldBe(1000);
    }

    [Fact]
    public async Task A_value_larger_than_every_buffer_passes()
    {
        var value = new byte[20 * 1024 * 1024];
        new Random(1).NextBytes(value);
        await fixture.Client.SetAsync("large", value);
        var task = fixture.Client.GetAsync("large");
        (await task)!.AsSpan().SequenceEqual(value).ShouldBeTrue();
    }

    [Fact]
    public async Task More_commands_than_may_wait_are_refused_at_once_and_the_rest_get_through()
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = new RedisClient(
            RedisOptions.Parse(server.Url) with { CommandTimeout = TimeSpan.FromSeconds(60), MaxInFlight = 10, MaxWaiting = 20 });
        await redis.PingAsync();
        server.Pause();
        var commands = Enumerable.Range(0, 40).Select(i => redis.ExecuteAsync("ECHO", i)).ToArray();
        foreach (var refused in commands[30..])
            (await Should.ThrowAsync<RedisConnectionException>(refused)).MaybeExecuted.ShouldBeFalse();
        server.Resume();
        (await Task.WhenAll(commands[..30])).Select(reply => reply.AsInt64()).ShouldBe(Enumerable.Range(0, 30).Select(i => (long)i));
    }

    [Fact]
    public async Task A_reply_larger_than_allowed_ends_the_connection_and_a_new_one_takes_over()
    {
        await fixture.Client.SetAsync("too large", new byte[100_000]);
        await using var redis = new RedisClient(fixture.Options with { Limits = new RespLimits { MaxBulkBytes = 50_000 } });
        var error = await Should.ThrowAsync<RedisConnectionException>(redis.GetAsync("too large"));
        error.InnerException.ShouldBeOfType<RedisProtocolException>().Message.ShouldContain("100000 bytes");
        await redis.PingAsync();
    }
}
