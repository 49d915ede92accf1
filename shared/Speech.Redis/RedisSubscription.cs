using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Speech.Redis;

/// <summary>One handler on one channel. Disposing of it unsubscribes; when that returns, the handler runs no more.</summary>
public sealed partial class RedisSubscription : IAsyncDisposable
{
    private static readonly AsyncLocal<RedisSubscription?> Handling = new();

    private readonly RedisSubscriber _subscriber;
    private readonly Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> _onMessage;
    private readonly Func<SubscriptionGap, CancellationToken, ValueTask>? _onGap;
    private readonly ILogger _logger;
    private readonly Channel<ReadOnlyMemory<byte>?> _queue; // null only wakes the handling loop up
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _handling;
    private long _dropped;
    private int _gap = NoGap;
    private int _disposed;

    private const int NoGap = -1;

    internal RedisSubscription(
        RedisSubscriber subscriber,
        string channel,
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> onMessage,
        Func<SubscriptionGap, CancellationToken, ValueTask>? onGap,
        int queueLength,
        ILogger logger)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(queueLength, 1);
        ArgumentNullException.ThrowIfNull(onMessage);
        Channel = channel;
        _subscriber = subscriber;
        _onMessage = onMessage;
        _onGap = onGap;
        _logger = logger;
        _queue = System.Threading.Channels.Channel.CreateBounded<ReadOnlyMemory<byte>?>(
            new BoundedChannelOptions(queueLength) { SingleReader = true, SingleWriter = true, FullMode = BoundedChannelFullMode.Wait });
        _handling = Task.Run(HandleAsync);
    }

    public string Channel { get; }

    /// <summary>Messages dropped because the queue was full.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _ = _subscriber.RemoveAsync(this); // when Redis is away, nobody waits for it here
            _queue.Writer.TryComplete();
            await _stopping.CancelAsync();
        }
        if (Handling.Value != this) // a handler that ends its own subscription cannot wait for itself
            await _handling;
    }

    internal void Receive(ReadOnlyMemory<byte> payload)
    {
        if (_queue.Writer.TryWrite(payload))
            return;
        var dropped = Interlocked.Increment(ref _dropped);
        if (dropped % 1000 == 1)
            Log.Overflow(_logger, Channel, dropped);
        ReportGap(SubscriptionGap.Overflow);
    }

    internal void ReportGap(SubscriptionGap gap)
    {
        Volatile.Write(ref _gap, (int)gap);
        _queue.Writer.TryWrite(null); // when full, the loop is awake anyway
    }

    // A gap is reported before whatever waits, which is early rather than late: what was dropped lies in the past by then.
    private async Task HandleAsync()
    {
        Handling.Value = this;
        try
        {
            await foreach (var message in _queue.Reader.ReadAllAsync(_stopping.Token))
            {
                var gap = Interlocked.Exchange(ref _gap, NoGap);
                if (gap != NoGap && _onGap is not null)
                    await CallAsync(_onGap, (SubscriptionGap)gap);
                if (message is { } payload)
                    await CallAsync(_onMessage, payload);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return;
        }
    }

    private async ValueTask CallAsync<T>(Func<T, CancellationToken, ValueTask> handler, T argument)
    {
        try
        {
            await handler(argument, _stopping.Token);
        }
        catch (Exception e) when (e is not OperationCanceledException || !_stopping.IsCancellationRequested)
        {
            Log.HandlerFailed(_logger, Channel, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The handler of channel {Channel} failed on a message")]
        public static partial void HandlerFailed(ILogger logger, string channel, Exception exception);

        [LoggerMessage(2, LogLevel.Warning, "The handler of channel {Channel} is too slow: {Count} messages dropped so far")]
        public static partial void Overflow(ILogger logger, string channel, long count);
    }
}
