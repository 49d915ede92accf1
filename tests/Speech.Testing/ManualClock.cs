namespace Speech.Testing;

/// <summary>
/// Time that passes only when someone waits for it: each timer is due at once, and sets the clock to its own time plus a lateness, as real
/// timers are late.
/// </summary>
public sealed class ManualClock(TimeSpan timersAreLateBy) : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Immediate(this, callback, state, dueTime);

    private sealed class Immediate : ITimer
    {
        private readonly ManualClock _clock;
        private readonly TimerCallback _callback;
        private readonly object? _state;

        public Immediate(ManualClock clock, TimerCallback callback, object? state, TimeSpan dueTime)
        {
            (_clock, _callback, _state) = (clock, callback, state);
            Change(dueTime, Timeout.InfiniteTimeSpan);
        }

        // Only short waits are for the pace; longer ones are limits, which nothing here exceeds.
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime < TimeSpan.Zero || dueTime > TimeSpan.FromSeconds(1))
                return true;
            Interlocked.Add(ref _clock._ticks, (dueTime + _clock.LateBy).Ticks);
            ThreadPool.QueueUserWorkItem(_ => _callback(_state));
            return true;
        }

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private TimeSpan LateBy => timersAreLateBy;
}
