using System.Threading.RateLimiting;
using StackExchange.Redis;

namespace Speech.Redis;

/// <summary>
/// Bounds what stands in the package's buffers, which know no bound: a server that does not read would have them hold all jobs there are.
/// Bytes are given back when the command has been answered or has failed, not when its caller stops waiting. A connection that is silent is
/// given up after some command timeouts; until then a timed-out command's bytes may still lie there beside those of newer ones.
/// </summary>
internal sealed class OutgoingBytes(RedisOptions options) : IAsyncDisposable
{
    private readonly ConcurrencyLimiter _limiter = new(new ConcurrencyLimiterOptions
    {
        PermitLimit = options.MaxOutgoingBytes,
        QueueLimit = options.MaxWaitingBytes,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <summary>Waits for room, in the order of coming, no longer than a command may take. The lease gives it back.</summary>
    /// <exception cref="RedisConnectionException">Too much waits already, or room did not come in time.</exception>
    public async ValueTask<RateLimitLease> TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        var permits = (int)Math.Min(bytes, options.MaxOutgoingBytes);
        var lease = _limiter.AttemptAcquire(permits);
        if (!lease.IsAcquired)
            lease = await WaitAsync(permits, cancellationToken);
        return lease.IsAcquired ? lease : throw RedisErrors.NotSent($"{options.MaxWaitingBytes} bytes wait for {options} already.");
    }

    public ValueTask DisposeAsync() => _limiter.DisposeAsync();

    private async Task<RateLimitLease> WaitAsync(int permits, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(options.CommandTimeout, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await _limiter.AcquireAsync(permits, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw RedisErrors.NotSent($"{options} did not take the bytes before this command's in time.");
        }
    }
}
