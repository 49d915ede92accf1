using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Speech.Redis;

/// <summary>
/// Pub/sub: any number of channels over one connection, which is remade, and its channels subscribed again, when it is lost.
/// Messages published meanwhile do not arrive; each subscription is told so (<see cref="SubscriptionGap.Reconnected"/>) once its
/// channel is subscribed again, the moment to read elsewhere what was missed.
/// </summary>
public sealed partial class RedisSubscriber : IAsyncDisposable
{
    private readonly Multiplexer _multiplexer;
    private readonly ILogger _logger;
    private readonly RedisOptions _options;

    // Guarded, like the order of SUBSCRIBE and UNSUBSCRIBE on the wire, by the multiplexer's gate. The arrays are replaced, not changed.
    private readonly Dictionary<string, RedisSubscription[]> _channels = new(StringComparer.Ordinal);

    public RedisSubscriber(RedisOptions options, ILogger<RedisSubscriber>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _logger = logger ?? NullLogger<RedisSubscriber>.Instance;
        _multiplexer = new Multiplexer(options, ServerLocator.For(options), _logger, keepConnected: true) { OnConnected = Resubscribe, OnPush = ReceivePush };
    }

    public bool IsConnected => _multiplexer.IsConnected;

    /// <summary>
    /// Subscribes and returns when the server has confirmed it: what is published from then on arrives. Waits for a connection up to
    /// the command timeout.
    /// </summary>
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
    public async Task<RedisSubscription> SubscribeAsync(
        string channel,
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> onMessage,
        Func<SubscriptionGap, CancellationToken, ValueTask>? onGap = null,
        int queueLength = 1024,
        CancellationToken cancellationToken = default)
    {
        var subscription = new RedisSubscription(this, channel, onMessage, onGap, queueLength, _logger);
        using var timeout = new CancellationTokenSource(_options.CommandTimeout, _options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            var confirmed = Add(subscription, either.Token);
            while (!await IsConfirmedAsync(confirmed))
                confirmed = _multiplexer.SendAsync(["SUBSCRIBE", channel], subscription.Confirm, TimeSpan.Zero, either.Token);
            return subscription;
        }
        catch (Exception e)
        {
            await subscription.DisposeAsync();
            if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
                throw new RedisTimeoutException($"SUBSCRIBE {channel} was not confirmed by {_multiplexer.Name} in time.", maybeExecuted: true);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _multiplexer.DisposeAsync();
        RedisSubscription[] all;
        lock (_multiplexer.Gate)
            all = [.. _channels.Values.SelectMany(subscriptions => subscriptions)];
        foreach (var subscription in all)
            await subscription.DisposeAsync();
    }

    /// <summary>Forgets a subscription and, if it was its channel's last, tells the server.</summary>
    internal void Remove(RedisSubscription subscription)
    {
        lock (_multiplexer.Gate)
        {
            if (!_channels.TryGetValue(subscription.Channel, out var present) || !present.Contains(subscription))
                return;
            if (present.Length > 1)
            {
                _channels[subscription.Channel] = [.. present.Where(other => other != subscription)];
                return;
            }
            _channels.Remove(subscription.Channel);
            if (!_multiplexer.IsConnected)
                return; // it will not be subscribed again
            _ = LogFailureAsync(
                subscription.Channel,
                _multiplexer.SendAsync(["UNSUBSCRIBE", subscription.Channel], Replies.Done, TimeSpan.Zero, CancellationToken.None));
        }
    }

    private Task<bool> Add(RedisSubscription subscription, CancellationToken cancellationToken)
    {
        lock (_multiplexer.Gate)
        {
            _channels[subscription.Channel] = [.. _channels.GetValueOrDefault(subscription.Channel, []), subscription];
            // Also for a channel that is subscribed already: the server confirms again, in order.
            return _multiplexer.SendAsync(["SUBSCRIBE", subscription.Channel], subscription.Confirm, TimeSpan.Zero, cancellationToken);
        }
    }

    // False when the connection was lost under way: it is to be sent again.
    private static async Task<bool> IsConfirmedAsync(Task<bool> confirmed)
    {
        try
        {
            return await confirmed;
        }
        catch (RedisConnectionException e) when (e.WasInFlight)
        {
            return false;
        }
    }

    // Under the gate, on a new connection. The gap is reported when the confirmation is read, before any later message. A
    // subscription that was never confirmed has missed nothing, and its SUBSCRIBE is on its way.
    private void Resubscribe()
    {
        foreach (var (channel, all) in _channels)
        {
            var subscriptions = Array.FindAll(all, subscription => subscription.IsConfirmed);
            if (subscriptions.Length == 0)
                continue;
            _ = LogFailureAsync(channel, _multiplexer.SendAsync(["SUBSCRIBE", channel], ReportGap, TimeSpan.Zero, CancellationToken.None));

            bool ReportGap(RespValue confirmation)
            {
                foreach (var subscription in subscriptions)
                    subscription.ReportGap(SubscriptionGap.Reconnected);
                return true;
            }
        }
    }

    private async Task LogFailureAsync(string channel, Task sent)
    {
        try
        {
            await sent;
        }
        catch (RedisConnectionException e) when (e.WasInFlight)
        {
            return; // the next connection will have it right
        }
        catch (RedisException e)
        {
            Log.CannotSubscribe(_logger, channel, e.Message);
        }
    }

    private bool ReceivePush(RespValue push)
    {
        if (push.Count != 3 || push[0].IsNull)
            return false;
        var kind = push[0].RequiredBytes;
        if (!kind.SequenceEqual("message"u8))
            return kind.SequenceEqual("subscribe"u8) || kind.SequenceEqual("unsubscribe"u8);
        var payload = push[2].AsBytes();
        foreach (var subscription in SubscriptionsOf(push[1].RequiredBytes))
            subscription.Receive(payload);
        return false;
    }

    private RedisSubscription[] SubscriptionsOf(ReadOnlySpan<byte> channel)
    {
        Span<char> name = stackalloc char[256];
        if (channel.Length > name.Length)
            name = new char[channel.Length];
        name = name[..Encoding.UTF8.GetChars(channel, name)];
        lock (_multiplexer.Gate)
            return _channels.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var subscriptions) ? subscriptions : [];
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Cannot renew or end the subscription to channel {Channel}: {Reason}")]
        public static partial void CannotSubscribe(ILogger logger, string channel, string reason);
    }
}
