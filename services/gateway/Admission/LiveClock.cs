namespace Speech.Gateway.Admission;

/// <summary>
/// Tells speech from what is sent faster than anyone speaks. Its audio adds to how far a client is ahead of the clock, and time takes that
/// away, a little faster than it passes: who was cut off for a while and then sends what it has kept is live again some time after. A
/// client that sends nothing earns nothing: after a pause it may be ahead by no more than at its beginning.
/// </summary>
internal sealed class LiveClock(TimeProvider time)
{
    /// <summary>How far ahead live speech may be: what a network holds back and then delivers at once.</summary>
    public static readonly TimeSpan Lead = TimeSpan.FromSeconds(3);

    /// <summary>Seconds of audio a second that are still taken for live.</summary>
    public const double Rate = 1.25;

    private double _aheadSeconds;
    private long _since = time.GetTimestamp();

    /// <summary>Whether what was received last came when it was spoken, or nearly so.</summary>
    public bool IsLive { get; private set; } = true;

    /// <summary>Audio has been received.</summary>
    public void Add(double audioSeconds)
    {
        var now = time.GetTimestamp();
        _aheadSeconds = Math.Max(0, _aheadSeconds - Rate * time.GetElapsedTime(_since, now).TotalSeconds) + audioSeconds;
        _since = now;
        IsLive = _aheadSeconds <= Lead.TotalSeconds;
    }
}
