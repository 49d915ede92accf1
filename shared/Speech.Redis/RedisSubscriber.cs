using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Speech.Redis;

/// <summary>
/// Pub/sub: any number of channels over a client's second connection, which is remade, and its channels subscribed again, when it is lost.
/// Messages published meanwhile do not arrive; each subscription is told so (<see cref="SubscriptionGap.Reconnected"/>) once its
/// channel is subscribed again, the moment to read elsewhere what was missed. A client has one subscriber at most.
/// </summary>
public sealed partial class RedisSubscriber : IAsyncDisposable
{
    private readonly RedisClient _redis;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _disposing = new();

    // One at a time tells the server of a channel's first subscription, or of its last one's end.
    private readonly SemaphoreSlim _changing = new(1);
    private readonly Lock _gate = new();

    // Under the gate. The arrays are replaced, not changed.
    private readonly Dictionary<string, RedisSubscription[]> _channels = new(StringComparer.Ordinal);
    private ISubscriber? _subscriber;
    private int _established;

    public RedisSubscriber(RedisClient redis, ILogger<RedisSubscriber>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(redis);
        _redis = redis;
        _logger = logger ?? NullLogger<RedisSubscriber>.Instance;
        redis.Connection.Watch(Watch);
    }

    public bool IsConnected => _subscriber?.IsConnected() == true;

    /// <summary>
    /// Subscribes and returns when the server has confirmed it: what is published from then on arrives. Waits for a connection up to
    /// the command timeout.
    /// </summary>
    /// <param name="channel">Its name, no pattern.</param>
    /// <param name="onMessage">
    /// Called for one message after another, never two at a time for this subscription, outside the connection's thread. What it
    /// throws is logged and the next message follows.
    /// </param>
    /// <param name="onGap">
    /// Called, in turn with <paramref name="onMessage"/>, when messages may have been missed. Messages may arrive that a history read
    /// here already holds, so count or number them.
    /// </param>
    /// <param name="queueLength">
    /// How many messages may wait for the handler. When that many wait, new ones are dropped (never older ones) and the handler gets
    /// <see cref="SubscriptionGap.Overflow"/> before its next message.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RedisException">The server refuses it, or cannot be reached in time.</exception>
    public async Task<RedisSubscription> SubscribeAsync(
        string channel,
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> onMessage,
        Func<SubscriptionGap, CancellationToken, ValueTask>? onGap = null,
        int queueLength = 1024,
        CancellationToken cancellationToken = default)
    {
        var subscription = new RedisSubscription(this, channel, onMessage, onGap, queueLength, _logger);
        try
        {
            await ChangeAsync(
                () =>
                {
                    lock (_gate)
                    {
                        _channels[channel] = [.. _channels.GetValueOrDefault(channel, []), subscription];
                        return _channels[channel].Length == 1;
                    }
                },
                async patience =>
                {
                    try
                    {
                        await _redis.RunAsync(database => ListenAsync(database.Multiplexer.GetSubscriber(), channel), patience);
                    }
                    catch
                    {
                        Forget(subscription); // before the next one, who would take the channel for subscribed
                        throw;
                    }
                },
                cancellationToken);
            return subscription;
        }
        catch
        {
            await subscription.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _disposing.CancelAsync();
        RedisSubscription[] all;
        lock (_gate)
            all = [.. _channels.Values.SelectMany(subscriptions => subscriptions)];
        foreach (var subscription in all)
            await subscription.DisposeAsync();
    }

    /// <summary>Forgets a subscription and, if it was its channel's last, tells the server. Does not fail.</summary>
    internal async Task RemoveAsync(RedisSubscription subscription)
    {
        try
        {
            await ChangeAsync(() => Forget(subscription), _ => DeafenAsync(), CancellationToken.None);
        }
        catch (Exception e) when (e is RedisException or ObjectDisposedException)
        {
            Log.CannotUnsubscribe(_logger, subscription.Channel, e.Message); // a connection that is lost has no subscriptions either
        }

        // Not one that waits for a connection: the package forgets it at once, and what is sent matters only if there is one.
        Task DeafenAsync() => _subscriber is { } subscriber
            ? subscriber.UnsubscribeAsync(RedisChannel.Literal(subscription.Channel))
                .WaitAsync(_redis.Options.CommandTimeout, _redis.Options.TimeProvider)
            : Task.CompletedTask;
    }

    private bool Forget(RedisSubscription subscription)
    {
        lock (_gate)
        {
            if (!_channels.TryGetValue(subscription.Channel, out var present) || !present.Contains(subscription))
                return false;
            if (present.Length == 1)
                return _channels.Remove(subscription.Channel);
            _channels[subscription.Channel] = [.. present.Where(other => other != subscription)];
            return false;
        }
    }

    /// <param name="change">Whether the server has to be told.</param>
    /// <param name="tell">Tells it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    private async Task ChangeAsync(Func<bool> change, Func<CancellationToken, Task> tell, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(_redis.Options.CommandTimeout, _redis.Options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await _changing.WaitAsync(either.Token);
            try
            {
                if (change())
                    await tell(either.Token);
            }
            finally
            {
                _changing.Release();
            }
        }
        catch (Exception e) when (e is TimeoutException || e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw RedisErrors.NoReply($"{_redis.Options} did not confirm the change of a subscription in time.");
        }
    }

    private async Task<bool> ListenAsync(ISubscriber subscriber, string channel)
    {
        try
        {
            // Calls one after another, as the package's other kind of handler does not. Its queue knows no bound; ours do, and taking a
            // message from there to here never waits.
            (await subscriber.SubscribeAsync(RedisChannel.Literal(channel))).OnMessage(message => Receive(channel, message.Message));
            return true;
        }
        catch
        {
            // The package has noted it, and would subscribe with the next connection.
            subscriber.Unsubscribe(RedisChannel.Literal(channel), flags: CommandFlags.FireAndForget);
            throw;
        }
    }

    private void Receive(string channel, RedisValue message)
    {
        foreach (var subscription in SubscriptionsOf(channel))
            subscription.Receive(message);
    }

    private RedisSubscription[] SubscriptionsOf(string channel)
    {
        lock (_gate)
            return _channels.GetValueOrDefault(channel, []);
    }

    private void Watch(ConnectionMultiplexer multiplexer)
    {
        _subscriber = multiplexer.GetSubscriber();
        multiplexer.ConnectionRestored += (_, restored) =>
        {
            // The first, which a first subscription has made, has missed nothing.
            if (restored.ConnectionType == ConnectionType.Subscription && Interlocked.Exchange(ref _established, 1) == 1)
                _ = ReportGapsAsync();
        };
        if (_redis.Options.Deployment == RedisDeployment.Single)
            return;
        // Where there are several servers, channels may go on at one whose connection is up already. And a cluster's nodes pass messages on
        // as well as they can: when the masters change, something may be missing.
        multiplexer.ConnectionFailed += (_, _) => _ = ReportGapsAsync();
        multiplexer.ConfigurationChanged += (_, _) => _ = ReportGapsAsync();
    }

    // A channel is subscribed again when the package names its server, and a PING over that server's connection of subscriptions, which
    // goes after all SUBSCRIBEs, is answered.
    private async Task ReportGapsAsync()
    {
        string[] waiting;
        lock (_gate)
            waiting = [.. _channels.Keys];
        try
        {
            while (waiting.Length > 0)
            {
                string[] subscribed = [.. waiting.Where(IsSubscribed)];
                if (subscribed.Length > 0 && await IsAnsweredAsync())
                {
                    foreach (var subscription in subscribed.SelectMany(SubscriptionsOf))
                        subscription.ReportGap(SubscriptionGap.Reconnected);
                    waiting = [.. waiting.Except(subscribed)];
                }
                else
                {
                    await Task.Delay(_redis.Options.MinReconnectDelay, _redis.Options.TimeProvider, _disposing.Token);
                }
                waiting = [.. waiting.Where(channel => SubscriptionsOf(channel).Length > 0)];
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            return; // nobody listens any more
        }
    }

    private bool IsSubscribed(string channel) => _subscriber!.SubscribedEndpoint(RedisChannel.Literal(channel)) is not null
        && _subscriber.IsConnected(RedisChannel.Literal(channel));

    private async Task<bool> IsAnsweredAsync()
    {
        try
        {
            await _redis.RunAsync(database => database.Multiplexer.GetSubscriber().PingAsync(), _disposing.Token);
            return true;
        }
        catch (RedisException e)
        {
            Log.NotYet(_logger, e.Message);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Cannot end the subscription to channel {Channel}: {Reason}")]
        public static partial void CannotUnsubscribe(ILogger logger, string channel, string reason);

        [LoggerMessage(2, LogLevel.Debug, "Not subscribed again yet: {Reason}")]
        public static partial void NotYet(ILogger logger, string reason);
    }
}
