using StackExchange.Redis;

namespace Speech.Redis.Tests;

public class BackPressureTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private static readonly RedisScript Length = new("return #ARGV[1]");

    [Fact]
    public async Task A_hundred_megabytes_go_through_one_connection_both_ways()
    {
        const int commands = 1600;
        const int length = 64 * 1024;
        await using var redis = new RedisClient(
            fixture.Options with { CommandTimeout = TimeSpan.FromSeconds(60), MaxOutgoingBytes = 1024 * 1024 });
        var echo = new RedisScript("return ARGV[1]");
        var content = new byte[length];
        new Random(1).NextBytes(content);
        var echoes = Enumerable.Range(0, commands).Select(i =>
        {
            var value = content.ToArray();
            BitConverter.TryWriteBytes(value, i);
            return redis.EvalAsync(echo, [], [value]);
        }).ToArray();
        for (var i = 0; i < commands; i++)
        {
            var reply = (byte[])(await echoes[i])!;
            reply.Length.ShouldBe(length);
            BitConverter.ToInt32(reply).ShouldBe(i);
            reply.AsSpan(4).SequenceEqual(content.AsSpan(4)).ShouldBeTrue();
            echoes[i] = null!;
        }
    }

    [Fact]
    public async Task A_hundred_megabytes_of_small_commands_from_many_threads_arrive()
    {
        await using var redis = new RedisClient(fixture.Options with { CommandTimeout = TimeSpan.FromSeconds(60) });
        var value = new byte[1000];
        await Task.WhenAll(Enumerable.Range(0, 500).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++)
                await redis.SetAsync($"small:{worker}", value);
        })));
        (await redis.GetAsync("small:499")).GetLongByteCount().ShouldBe(1000);
    }

    [Fact]
    public async Task A_value_larger_than_every_buffer_passes()
    {
        var value = new byte[20 * 1024 * 1024];
        new Random(1).NextBytes(value);
        await fixture.Client.SetAsync("large", value);
        ((byte[])(await fixture.Client.GetAsync("large"))!).AsSpan().SequenceEqual(value).ShouldBeTrue();
        ((long)await fixture.Client.EvalAsync(Length, [], [value])).ShouldBe(value.Length); // more than may be on its way, but alone
    }

    [Fact]
    public async Task More_bytes_than_may_wait_are_refused_at_once_and_the_rest_get_through()
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = new RedisClient(
            RedisOptions.Parse(
                server.Url) with
            { CommandTimeout = TimeSpan.FromSeconds(60), MaxOutgoingBytes = 10_000, MaxWaitingBytes = 20_000 });
        await redis.PingAsync();
        server.Pause();
        var scripts = Enumerable.Range(0, 40).Select(i => redis.EvalAsync(Length, [], [new byte[1000]])).ToArray();
        foreach (var refused in scripts[30..])
            (await Should.ThrowAsync<RedisConnectionException>(refused)).MaybeExecuted.ShouldBeFalse();
        server.Resume();
        (await Task.WhenAll(scripts[..30])).Select(reply => (long)reply).ShouldAllBe(length => length == 1000);
    }

    [Fact]
    public async Task Hundreds_of_jobs_do_not_pile_up_before_a_server_that_hangs_and_a_cancelled_one_is_not_sent()
    {
        const int jobs = 600;
        await using var server = await RedisServer.StartAsync();
        await using var redis = new RedisClient(RedisOptions.Parse(server.Url) with
        {
            CommandTimeout = TimeSpan.FromSeconds(60),
            MaxWaitingBytes = int.MaxValue,
        });
        var count = new RedisScript("return redis.call('INCR', KEYS[1])");
        await redis.EvalAsync(count, ["jobs"], []);
        server.Pause();
        var job = new byte[1024 * 1024]; // one for all: what is copied on the way is what counts
        using var cancellation = new CancellationTokenSource();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var sent = Enumerable.Range(0, jobs).Select(i => redis.EvalAsync(count, ["jobs"], [job], i % 2 == 1 ? cancellation.Token : default))
            .ToArray();
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(64L * 1024 * 1024);
        await cancellation.CancelAsync();
        var cancelled = 0;
        for (var i = 1; i < jobs; i += 2)
        {
            await Should.ThrowAsync<OperationCanceledException>(sent[i]);
            cancelled++;
        }
        server.Resume();
        await Task.WhenAll(sent.Where((_, i) => i % 2 == 0));
        cancelled.ShouldBe(jobs / 2);
        // Those under way when they were cancelled have run; four fit in, half of them cancelled.
        ((long)await redis.GetAsync("jobs")).ShouldBeInRange(1 + jobs / 2, 1 + jobs / 2 + 4);
    }
}
