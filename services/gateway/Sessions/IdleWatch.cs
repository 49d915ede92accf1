namespace Speech.Gateway.Sessions;

/// <summary>
/// Calls when no frame has come for too long. Only the time spent waiting for the client counts: while the gateway is busy with a
/// frame, or does not read because it holds the client back, the client cannot be blamed. One timer that is set again when it
/// fires, not at every frame.
/// </summary>
internal sealed class IdleWatch : IDisposable
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private readonly Action _onTimeout;
    private readonly ITimer _timer;
    private long _waitingSince;
    private bool _isWaiting = true;
    private bool _isStopped;

    public IdleWatch(TimeSpan timeout, TimeProvider time, Action onTimeout)
    {
        _time = time;
        _timeout = timeout;
        _onTimeout = onTimeout;
        _waitingSince = time.GetTimestamp();
        _timer = time.CreateTimer(static watch => ((IdleWatch)watch!).Check(), this, timeout, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The client has nothing more to send: silence is as it should be.</summary>
    public void Stop() => Volatile.Write(ref _isStopped, true);

    /// <summary>A frame came.</summary>
    public void Pause() => Volatile.Write(ref _isWaiting, false);

    /// <summary>The next frame is waited for.</summary>
    public void Resume()
    {
        Volatile.Write(ref _waitingSince, _time.GetTimestamp());
        Volatile.Write(ref _isWaiting, true);
    }

    public void Dispose() => _timer.Dispose();

    private void Check()
    {
        if (Volatile.Read(ref _isStopped))
            return;
        var left = Volatile.Read(ref _isWaiting) ? _timeout - _time.GetElapsedTime(Volatile.Read(ref _waitingSince)) : _timeout;
        if (left <= TimeSpan.Zero)
            _onTimeout();
        else
            _timer.Change(left, Timeout.InfiniteTimeSpan);
    }
}
