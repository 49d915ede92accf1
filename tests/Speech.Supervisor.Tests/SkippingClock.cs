namespace Speech.Supervisor.Tests;

/// <summary>
/// Time that passes only by waiting: whoever waits for no more than <paramref name="step"/> has waited at once, and then every timer that
/// fell due meanwhile fires too. So how long a test's machine takes for anything else does not count.
/// </summary>
internal sealed class SkippingClock(TimeSpan step) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private TimeSpan _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp()
    {
        lock (_gate)
            return _now.Ticks;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void Set(Timer timer, TimeSpan dueTime)
    {
        lock (_gate)
        {
            _timers.Remove(timer);
            if (dueTime == Timeout.InfiniteTimeSpan)
                return;
            timer.Due = _now + dueTime;
            _timers.Add(timer);
            if (dueTime > step)
                return;
            _now = timer.Due;
            foreach (var due in _timers.Where(other => other.Due <= _now).OrderBy(other => other.Due).ToArray())
            {
                _timers.Remove(due);
                ThreadPool.QueueUserWorkItem(_ => due.Fire());
            }
        }
    }

    private sealed class Timer(SkippingClock clock, TimerCallback callback, object? state) : ITimer
    {
        public TimeSpan Due { get; set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock.Set(this, dueTime);
            return true;
        }

        public void Dispose() => clock.Set(this, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
