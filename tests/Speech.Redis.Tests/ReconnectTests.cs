using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Speech.Redis.Tests;

public class ReconnectTests
{
    private static RedisOptions OptionsFor(RedisServer server) => RedisOptions.Parse(server.Url) with
    {
        CommandTimeout = TimeSpan.FromSeconds(20),
        MinReconnectDelay = TimeSpan.FromMilliseconds(5),
        MaxReconnectDelay = TimeSpan.FromMilliseconds(50),
    };

    [Fact]
    public async Task A_server_killed_in_mid_flight_fails_some_commands_clearly_and_later_ones_succeed()
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = new RedisClient(OptionsFor(server));
        await redis.PingAsync();
        var confirmed = 0;
        var lost = 0;
        var stop = false;
        var workers = Enumerable.Range(0, 50).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; !Volatile.Read(ref stop); i++)
            {
                try
                {
                    await redis.SetAsync($"{worker}:{i}", i);
                    Interlocked.Increment(ref confirmed);
                }
                catch (RedisConnectionException e) when (e.InnerException is not TimeoutException)
                {
                    Interlocked.Increment(ref lost);
                }
            }
        })).ToArray();

        // Three times, and until a kill finds a command on its way, which on a busy machine not every one does.
        for (var round = 0; round < 3 || (round < 20 && Volatile.Read(ref lost) == 0); round++)
        {
            var seen = Volatile.Read(ref confirmed);
            await Eventually.TrueAsync(() => Volatile.Read(ref confirmed) >= seen + 1000);
            await server.RestartAsync();
        }
        var before = Volatile.Read(ref confirmed);
        await Eventually.TrueAsync(() => Volatile.Read(ref confirmed) >= before + 1000);
        Volatile.Write(ref stop, true);
        await Task.WhenAll(workers);

        lost.ShouldBeGreaterThan(0);
        // What was confirmed is there; what failed may be.
        var keys = (long)await redis.ExecuteAsync("DBSIZE");
        keys.ShouldBeInRange(confirmed, confirmed + lost);
    }

    [Fact]
    public async Task Commands_issued_without_a_server_wait_for_it()
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = new RedisClient(OptionsFor(server));
        await redis.PingAsync();
        await server.KillAsync();
        await Eventually.TrueAsync(() => !redis.IsConnected);
        var waiting = Enumerable.Range(0, 100).Select(i => redis.ExecuteAsync("RPUSH", "waited", i)).ToArray();
        await server.RestartAsync();
        await Task.WhenAll(waiting);
        ((string[])(await redis.ExecuteAsync("LRANGE", "waited", 0, -1))!).ShouldBe(Enumerable.Range(0, 100).Select(i => $"{i}"));
    }

    [Fact]
    public async Task A_command_that_no_server_takes_in_time_says_so_and_may_be_repeated()
    {
        // Long enough that the refusal, which the message is to tell of, comes first on a machine that stalls.
        var options = new RedisOptions { Host = "127.0.0.1", Port = RedisServer.FreePort(), CommandTimeout = TimeSpan.FromSeconds(3) };
        await using var redis = new RedisClient(options);
        var error = await Should.ThrowAsync<RedisConnectionException>(redis.SetAsync("k", "v"));
        error.MaybeExecuted.ShouldBeFalse();
        error.Message.ShouldContain($"127.0.0.1:{options.Port}");
        error.Message.ShouldContain("refused");
        redis.IsConnected.ShouldBeFalse();
    }

    [Fact]
    public async Task Why_there_is_no_connection_can_be_asked_and_is_forgotten_with_the_next()
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = new RedisClient(OptionsFor(server));
        await redis.PingAsync();
        redis.LastFailure.ShouldBeNull();
        await server.KillAsync();
        await Eventually.TrueAsync(() => redis.LastFailure?.ToString().Contains("refused", StringComparison.Ordinal) == true);
        await server.RestartAsync();
        await redis.PingAsync();
        redis.LastFailure.ShouldBeNull();
    }

    [Fact]
    public async Task A_server_that_falls_silent_fails_what_waits_and_is_left_for_a_new_connection()
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = new RedisClient(OptionsFor(server) with { CommandTimeout = TimeSpan.FromMilliseconds(300) });
        await redis.ExecuteAsync("CLIENT", "SETNAME", "before");
        server.Pause();
        try
        {
            (await Should.ThrowAsync<RedisConnectionException>(redis.SetAsync("k", "v"))).MaybeExecuted.ShouldBeTrue();
            await Eventually.TrueAsync(() => !redis.IsConnected);
            (await Should.ThrowAsync<RedisConnectionException>(redis.SetAsync("k", "v"))).MaybeExecuted.ShouldBeFalse();
        }
        finally
        {
            server.Resume();
        }
        ((string?)await Eventually.ConnectedAsync(() => redis.ExecuteAsync("CLIENT", "GETNAME"))).ShouldBe("speech");
    }

    [Fact]
    public async Task An_idle_connection_that_died_unnoticed_is_replaced()
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = new RedisClient(OptionsFor(server) with
        {
            CommandTimeout = TimeSpan.FromMilliseconds(200),
            KeepAliveInterval = TimeSpan.FromMilliseconds(50),
        });
        await Eventually.ConnectedAsync(() => redis.ExecuteAsync("PING")); // to connect may take longer than a command may
        server.Pause();
        try
        {
            await Eventually.TrueAsync(() => !redis.IsConnected);
        }
        finally
        {
            server.Resume();
        }
        await Eventually.TrueAsync(() => redis.IsConnected);
    }

    [Fact]
    public async Task A_subscriber_subscribes_again_and_tells_that_messages_may_be_missing()
    {
        await using var server = await RedisServer.StartAsync();
        var options = OptionsFor(server);
        await using var redis = new RedisClient(options);
        await using var subscriber = new RedisSubscriber(redis);
        var heard = new Heard();
        var gaps = new Heard();
        await using var subscription = await subscriber.SubscribeAsync(
            "news", heard.OnMessage, (gap, cancellationToken) => gaps.OnMessage(Encoding.UTF8.GetBytes($"{gap}"), cancellationToken));
        for (var round = 0; round < 3; round++)
        {
            await PublishAsync(redis, $"before {round}");
            (await heard.NextAsync()).ShouldBe($"before {round}");
            await server.RestartAsync();
            (await gaps.NextAsync()).ShouldBe("Reconnected");
            await PublishAsync(redis, $"after {round}");
            (await heard.NextAsync()).ShouldBe($"after {round}");
        }
        gaps.Count.ShouldBe(0);
        subscription.Dropped.ShouldBe(0);

        // The publisher's own connection may not have noticed the restart yet.
        static async Task PublishAsync(RedisClient redis, string message) =>
            (await Eventually.ConnectedAsync(() => redis.PublishAsync("news", message))).ShouldBe(1);
    }

    [Fact]
    public async Task Subscribing_without_a_server_waits_for_it()
    {
        await using var server = await RedisServer.StartAsync();
        await server.KillAsync();
        await using var redis = new RedisClient(OptionsFor(server));
        await using var subscriber = new RedisSubscriber(redis);
        var subscribing = subscriber.SubscribeAsync("later", new Heard().OnMessage);
        await server.RestartAsync();
        await using var subscription = await subscribing;
        (await redis.PublishAsync("later", "x")).ShouldBe(1);
    }

    [Fact]
    public async Task Subscribing_to_no_server_ends_in_time()
    {
        await using var redis = new RedisClient(
            new RedisOptions { Host = "127.0.0.1", Port = RedisServer.FreePort(), CommandTimeout = TimeSpan.FromMilliseconds(100) });
        await using var subscriber = new RedisSubscriber(redis);
        await Should.ThrowAsync<RedisConnectionException>(subscriber.SubscribeAsync("never", new Heard().OnMessage));
    }

    [Fact]
    public async Task A_blocking_read_that_loses_its_server_fails_and_the_next_one_waits_for_it()
    {
        await using var server = await RedisServer.StartAsync();
        var options = OptionsFor(server);
        await using var redis = new RedisClient(options);
        await using var reader = new RedisBlockingConnection(options);
        await redis.EnsureGroupAsync("jobs", "g");
        var reading = reader.StreamReadGroupAsync("jobs", "g", "c", 1, TimeSpan.FromSeconds(60));
        await Eventually.TrueAsync(async () =>
            ((string)(await redis.ExecuteAsync("CLIENT", "LIST"))!).Contains("flags=b", StringComparison.Ordinal));
        await server.KillAsync();
        (await Should.ThrowAsync<RedisConnectionException>(reading)).MaybeExecuted.ShouldBeTrue();
        reading = reader.StreamReadGroupAsync("jobs", "g", "c", 1, TimeSpan.FromSeconds(60));
        await server.RestartAsync();
        await using var after = new RedisClient(options);
        await after.StreamAddAsync("jobs", [new("n", 1)]);
        (await reading).Length.ShouldBe(1);
    }

    [Fact]
    public async Task Reads_cancelled_while_they_wait_for_a_connection_leave_none_behind()
    {
        await using var server = await RedisServer.StartAsync();
        var options = OptionsFor(server);
        await server.KillAsync();
        await using var reader = new RedisBlockingConnection(options with { ClientName = "cancelled" });
        for (var i = 0; i < 20; i++)
        {
            using var cancellation = new CancellationTokenSource();
            var waiting = reader.StreamReadGroupAsync("jobs", "g", "c", 1, TimeSpan.FromSeconds(60), cancellation.Token);
            if (i == 10)
                await server.RestartAsync();
            await cancellation.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(waiting);
        }
        await using var redis = new RedisClient(options);
        await redis.EnsureGroupAsync("jobs", "g");
        await redis.StreamAddAsync("jobs", [new("n", 1)]);
        (await reader.StreamReadGroupAsync("jobs", "g", "c", 1, TimeSpan.FromSeconds(60))).Length.ShouldBe(1);
        await Eventually.TrueAsync(
            async () => ((string)(await redis.ExecuteAsync("CLIENT", "LIST"))!).Split("name=cancelled ").Length == 2);
    }

    [Fact]
    public async Task Disposing_of_a_client_fails_what_waits_and_leaves_nothing_running()
    {
        await using var server = await RedisServer.StartAsync();
        var connected = new RedisClient(OptionsFor(server));
        await connected.PingAsync();
        server.Pause();
        var inFlight = connected.PingAsync();
        await connected.DisposeAsync();
        (await Should.ThrowAsync<RedisConnectionException>(inFlight)).Message.ShouldContain("disposed");
        server.Resume();

        var unconnected = new RedisClient(new RedisOptions { Host = "127.0.0.1", Port = RedisServer.FreePort() });
        var waiting = unconnected.PingAsync();
        await unconnected.DisposeAsync();
        (await Should.ThrowAsync<RedisConnectionException>(waiting)).MaybeExecuted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_server_that_has_too_many_clients_is_asked_again()
    {
        await using var server = await RedisServer.StartAsync("--maxclients", "2");
        var first = new RedisClient(OptionsFor(server));
        await using var second = new RedisClient(OptionsFor(server));
        await using var third = new RedisClient(OptionsFor(server));
        await first.PingAsync();
        await second.PingAsync();
        var waiting = third.PingAsync();
        await Eventually.TrueAsync(async () => (await second.InfoAsync("stats"))["rejected_connections"] != "0");
        await first.DisposeAsync();
        await waiting;
    }

    [Fact]
    public async Task A_server_that_still_loads_its_data_is_waited_for()
    {
        await using var server = await RedisServer.StartAsync("--key-load-delay", "100");
        var options = OptionsFor(server);
        await using (var redis = new RedisClient(options))
            await Task.WhenAll(Enumerable.Range(0, 5000).Select(i => redis.SetAsync($"{i}", i)));
        await server.KillAsync();
        var log = new RecordedLog();
        await using var again = new RedisClient(options, log);
        var reading = again.GetAsync("4999");
        await server.RestartAsync();
        ((string?)await reading).ShouldBe("4999");
        log.Lines.ShouldNotBeEmpty(); // refused, or LOADING
    }

    private sealed class RecordedLog : ILogger<RedisClient>
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));
    }
}
