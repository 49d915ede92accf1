using System.Text;
using System.Threading.Channels;
using StackExchange.Redis;

namespace Speech.Redis.Tests;

public class SubscriberTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RedisClient _redis = fixture.Client;

    [Fact]
    public async Task Messages_arrive_in_order_on_their_own_channels()
    {
        await using var subscriber = new RedisSubscriber(_redis);
        var a = new Heard();
        var b = new Heard();
        await using var toA = await subscriber.SubscribeAsync("order:a", a.OnMessage);
        await using var toB = await subscriber.SubscribeAsync("order:ß", b.OnMessage);
        for (var i = 0; i < 500; i++)
        {
            _ = _redis.PublishAsync("order:a", $"a{i}");
            _ = _redis.PublishAsync("order:ß", $"b{i}");
        }
        for (var i = 0; i < 500; i++)
        {
            (await a.NextAsync()).ShouldBe($"a{i}");
            (await b.NextAsync()).ShouldBe($"b{i}");
        }
    }

    [Fact]
    public async Task Two_handlers_of_one_channel_both_hear_and_one_may_leave()
    {
        await using var subscriber = new RedisSubscriber(_redis);
        var first = new Heard();
        var second = new Heard();
        var leaving = await subscriber.SubscribeAsync("both", first.OnMessage);
        await using var staying = await subscriber.SubscribeAsync("both", second.OnMessage);
        (await _redis.PublishAsync("both", "1")).ShouldBe(1); // one connection, whatever the handlers
        (await first.NextAsync()).ShouldBe("1");
        (await second.NextAsync()).ShouldBe("1");
        await leaving.DisposeAsync();
        await _redis.PublishAsync("both", "2");
        (await second.NextAsync()).ShouldBe("2");
        first.Count.ShouldBe(0);
    }

    [Fact]
    public async Task The_last_one_to_leave_unsubscribes()
    {
        await using var subscriber = new RedisSubscriber(_redis);
        var subscription = await subscriber.SubscribeAsync("leave", new Heard().OnMessage);
        await subscription.DisposeAsync();
        await subscription.DisposeAsync();
        // UNSUBSCRIBE went before this on the same connection.
        await using var other = await subscriber.SubscribeAsync("leave:other", new Heard().OnMessage);
        (await _redis.PublishAsync("leave", "x")).ShouldBe(0);
    }

    [Fact]
    public async Task A_handler_may_end_its_own_subscription()
    {
        await using var subscriber = new RedisSubscriber(_redis);
        var ended = new TaskCompletionSource();
        var subscription = new TaskCompletionSource<RedisSubscription>();
        subscription.SetResult(await subscriber.SubscribeAsync("self", async (_, _) =>
        {
            await (await subscription.Task).DisposeAsync();
            ended.SetResult();
        }));
        await _redis.PublishAsync("self", "x");
        await ended.Task;
    }

    [Fact]
    public async Task A_handler_that_throws_gets_the_next_message_all_the_same()
    {
        await using var subscriber = new RedisSubscriber(_redis);
        var heard = new Heard();
        await using var subscription = await subscriber.SubscribeAsync("throw", async (message, cancellationToken) =>
        {
            await heard.OnMessage(message, cancellationToken);
            throw new InvalidOperationException("a test's own failure");
        });
        await _redis.PublishAsync("throw", "1");
        await _redis.PublishAsync("throw", "2");
        (await heard.NextAsync()).ShouldBe("1");
        (await heard.NextAsync()).ShouldBe("2");
    }

    [Fact]
    public async Task A_slow_handler_loses_new_messages_and_is_told_so_and_others_lose_nothing()
    {
        await using var subscriber = new RedisSubscriber(_redis);
        var gate = new SemaphoreSlim(0);
        var begun = new TaskCompletionSource();
        var slow = new Heard();
        var gap = new TaskCompletionSource<SubscriptionGap>();
        await using var slowly = await subscriber.SubscribeAsync(
            "slow",
            async (message, cancellationToken) =>
            {
                begun.TrySetResult();
                await gate.WaitAsync(cancellationToken);
                await slow.OnMessage(message, cancellationToken);
            },
            (reason, _) =>
            {
                gap.TrySetResult(reason);
                return ValueTask.CompletedTask;
            },
            queueLength: 4);
        var fast = new Heard();
        await using var quickly = await subscriber.SubscribeAsync("slow", fast.OnMessage);

        for (var i = 0; i < 20; i++)
        {
            await _redis.PublishAsync("slow", $"{i}");
            await begun.Task;
        }
        for (var i = 0; i < 20; i++)
            (await fast.NextAsync()).ShouldBe($"{i}");
        slowly.Dropped.ShouldBe(15); // one in hand, four in the queue
        gate.Release(100);
        (await gap.Task).ShouldBe(SubscriptionGap.Overflow);
        for (var i = 0; i < 20 - slowly.Dropped; i++)
            (await slow.NextAsync()).ShouldBe($"{i}");
    }

    [Trait("Speed", "Slow")]
    [Fact]
    public async Task Thousands_of_channels_share_the_connection()
    {
        // All are asked for at once: the last is confirmed when all are.
        var patient = fixture.Options with { ClientName = "thousands", CommandTimeout = TimeSpan.FromSeconds(30) };
        await using var publisher = new RedisClient(patient);
        await using var subscriber = new RedisSubscriber(publisher);
        var heard = new Heard();
        var subscriptions = await Task.WhenAll(
            Enumerable.Range(0, 2000).Select(i => subscriber.SubscribeAsync($"thousands:{i}", heard.OnMessage)));
        await Task.WhenAll(Enumerable.Range(0, 2000).Select(i => publisher.PublishAsync($"thousands:{i}", $"{i}")));
        var all = new List<int>();
        for (var i = 0; i < 2000; i++)
            all.Add(int.Parse(await heard.NextAsync(), System.Globalization.CultureInfo.InvariantCulture));
        all.Order().ShouldBe(Enumerable.Range(0, 2000));
        foreach (var subscription in subscriptions)
            await subscription.DisposeAsync();
    }

    [Fact]
    public async Task A_subscription_that_the_server_refuses_is_an_error()
    {
        await _redis.ExecuteAsync("ACL", "SETUSER", "deaf", "on", ">pw", "+@all", "resetchannels", "&allowed:*");
        await using var deaf = new RedisClient(fixture.Options with { Username = "deaf", Password = "pw" });
        await using var subscriber = new RedisSubscriber(deaf);
        await using var allowed = await subscriber.SubscribeAsync("allowed:1", new Heard().OnMessage);
        var error = await Should.ThrowAsync<RedisServerException>(subscriber.SubscribeAsync("forbidden", new Heard().OnMessage));
        error.Code.ShouldBe("NOPERM");
        await using var again = await subscriber.SubscribeAsync("allowed:2", new Heard().OnMessage);
        (await _redis.PublishAsync("allowed:2", "x")).ShouldBe(1);
    }
}

/// <summary>What a handler was given, to be awaited one by one.</summary>
internal sealed class Heard
{
    private readonly Channel<string> _messages = Channel.CreateUnbounded<string>();

    public int Count => _messages.Reader.Count;

    public ValueTask OnMessage(ReadOnlyMemory<byte> message, CancellationToken cancellationToken) =>
        _messages.Writer.WriteAsync(Encoding.UTF8.GetString(message.Span), cancellationToken);

    public async Task<string> NextAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return await _messages.Reader.ReadAsync(patience.Token);
    }
}
