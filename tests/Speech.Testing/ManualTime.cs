namespace Speech.Testing;

/// <summary>A clock that stands still until it is advanced; timers fire on the thread that advances it.</summary>
public sealed class ManualTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private TimeSpan _now;
    private TaskCompletionSource _changed = new();

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero) + Now;

    public override long GetTimestamp() => Now.Ticks;

    private TimeSpan Now
    {
        get
        {
            lock (_gate)
                return _now;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        var until = Now + by;
        while (true)
        {
            ManualTimer? next;
            lock (_gate)
            {
                next = _timers.Where(timer => timer.Due <= until).MinBy(timer => timer.Due);
                _now = next is null ? until : Max(_now, next.Due);
                if (next is null)
                    return;
                next.Reschedule();
            }
            next.Fire();
        }
    }

    /// <summary>Advances to the end of the timer that was set to run for so long; false when there is none.</summary>
    public bool TryAdvanceToEndOf(TimeSpan length)
    {
        TimeSpan left;
        lock (_gate)
        {
            if (_timers.Find(timer => timer.Length == length) is not { } timer)
                return false;
            left = timer.Due - _now;
        }
        Advance(left);
        return true;
    }

    /// <summary>Waits until a timer is set that runs for so long, counted from now.</summary>
    public async Task TimerSetAsync(TimeSpan dueIn)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_timers.Exists(timer => timer.Due - _now == dueIn))
                    return;
                changed = _changed.Task;
            }
            await changed.WaitAsync(patience.Token);
        }
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private sealed class ManualTimer(ManualTime time, Action callback) : ITimer
    {
        private TimeSpan _period;

        public TimeSpan Length { get; private set; }

        public TimeSpan Due { get; private set; }

        public void Fire() => callback();

        public void Reschedule() => Schedule(_period);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            TaskCompletionSource changed;
            lock (time._gate)
            {
                _period = period;
                Schedule(dueTime);
                changed = time._changed;
                time._changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            changed.TrySetResult();
            return true;
        }

        public void Dispose()
        {
            lock (time._gate)
                time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Schedule(TimeSpan dueIn)
        {
            time._timers.Remove(this);
            if (dueIn == Timeout.InfiniteTimeSpan)
                return;
            Length = dueIn;
            Due = time._now + dueIn;
            time._timers.Add(this);
        }
    }
}
