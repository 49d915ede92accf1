namespace Speech.Gateway.Sessions;

/// <summary>
/// Calls when a client that was sending audio has sent none for a while: what it said last is then at its end, as if silence had come.
/// <para>
/// What is counted is ticks of a timer at which nothing had come, not time: a gateway that was stopped, or a laptop that slept, finds one
/// tick waiting however long it was away, and reads what has arrived before the next. Ticks at which the gateway is at work for the client,
/// or holds it back, do not count. It calls once; then only new audio begins the count anew.
/// </para>
/// <para>
/// Nothing at all on the wire may be a network that stands still in the middle of a word, so then the wait is longer. A message that is no
/// audio and comes while it is quiet tells the one from the other: what its client sent before it would have come before it.
/// </para>
/// </summary>
internal sealed class WireSilence : IAsyncDisposable
{
    /// <summary>Into how many ticks the wait is divided: it is at most one of them longer than it should be.</summary>
    private const int Ticks = 8;

    private readonly Action _onSilence;
    private readonly ITimer _timer;
    private readonly int _blindTicks;
    private int _quietTicks;
    private volatile bool _isAlive;
    private volatile bool _isBusy;

    // Until the first audio there is nothing to end: what was open before a client came back is for its first message to go on with.
    private volatile bool _isCounting;
    private volatile bool _isStopped;

    /// <param name="patience">How long no audio must have come from a client that is known to be there.</param>
    /// <param name="blindPatience">How long, when nothing else has come either; not shorter.</param>
    /// <param name="onSilence">On a thread of the timer.</param>
    public WireSilence(TimeSpan patience, TimeSpan blindPatience, TimeProvider time, Action onSilence)
    {
        _blindTicks = (int)Math.Ceiling(blindPatience / (patience / Ticks));
        _onSilence = onSilence;
        _timer = time.CreateTimer(static silence => ((WireSilence)silence!).Tick(), this, patience / Ticks, patience / Ticks);
    }

    /// <summary>Whether it has called, and no audio has come since.</summary>
    public bool IsSilent => !_isCounting && !_isStopped;

    /// <summary>Audio has come, be it a part of a message.</summary>
    public void Hear()
    {
        Interlocked.Exchange(ref _quietTicks, 0);
        _isAlive = false;
        _isCounting = true;
    }

    /// <summary>A message that is no audio has come.</summary>
    public void HearOther()
    {
        if (Volatile.Read(ref _quietTicks) >= Ticks / 2)
            _isAlive = true;
    }

    /// <summary>A message is being worked on: nobody reads what comes next.</summary>
    public void Pause() => _isBusy = true;

    /// <summary>The next message is waited for.</summary>
    public void Resume() => _isBusy = false;

    /// <summary>The connection is over: what its client was saying may go on elsewhere.</summary>
    public void Stop() => _isStopped = true;

    /// <summary>Returns when no call is under way.</summary>
    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Tick()
    {
        if (_isBusy || !_isCounting || _isStopped || Interlocked.Increment(ref _quietTicks) <= (_isAlive ? Ticks : _blindTicks))
            return;
        _isCounting = false;
        _onSilence();
    }
}
