using StackExchange.Redis;

namespace Speech.Redis;

/// <summary>
/// Bounds what stands in the package's buffers, which know no bound: a server that does not read would have them hold all jobs there are.
/// Bytes are given back when the command has been answered or has failed, not when its caller stops waiting. A connection that is silent is
/// given up after some command timeouts; until then a timed-out command's bytes may still lie there beside those of newer ones.
/// </summary>
internal sealed class OutgoingBytes(RedisOptions options)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiting = new(); // under the gate, as all that follows
    private long _taken;
    private long _waitingBytes;

    /// <summary>Waits for room, in the order of coming, no longer than a command may take.</summary>
    /// <returns>Bytes, to be given back.</returns>
    /// <exception cref="RedisConnectionException">Too much waits already, or room did not come in time.</exception>
    public async ValueTask<long> TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        bytes = Math.Min(bytes, options.MaxOutgoingBytes);
        var waiter = new Waiter(bytes);
        lock (_gate)
        {
            if (_waitingBytes + bytes > options.MaxWaitingBytes)
                throw RedisErrors.NotSent($"{options.MaxWaitingBytes} bytes wait for {options} already.");
            _waiting.AddLast(waiter);
            _waitingBytes += bytes;
            Admit();
        }
        try
        {
            await waiter.Room.Task.WaitAsync(options.CommandTimeout, options.TimeProvider, cancellationToken);
            return bytes;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            Leave(waiter);
            if (e is OperationCanceledException)
                throw;
            throw RedisErrors.NotSent($"{options} did not take the bytes before this command's in time.", e);
        }
    }

    public void GiveBack(long bytes)
    {
        lock (_gate)
        {
            _taken -= bytes;
            Admit();
        }
    }

    private void Leave(Waiter waiter)
    {
        lock (_gate)
        {
            if (_waiting.Remove(waiter))
                _waitingBytes -= waiter.Bytes;
            else
                _taken -= waiter.Bytes; // it was let in at this very moment
            Admit();
        }
    }

    private void Admit()
    {
        while (_waiting.First?.Value is { } first && _taken + first.Bytes <= options.MaxOutgoingBytes)
        {
            _waiting.RemoveFirst();
            _waitingBytes -= first.Bytes;
            _taken += first.Bytes;
            first.Room.SetResult();
        }
    }

    private sealed class Waiter(long bytes)
    {
        public long Bytes => bytes;

        public TaskCompletionSource Room { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
