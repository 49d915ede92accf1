namespace Speech.Gateway.Limits;

/// <summary>
/// How much audio somebody may send: so many seconds of it a second, averaged over a minute (a token bucket that holds a minute's worth).
/// Who speaks needs one; who comes back after a fault, or sends a recording, for a while far more. Safe for all threads.
/// </summary>
internal sealed class AudioAllowance
{
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly double _rate;
    private readonly TimeProvider _time;
    private double _left;
    private long _filledAt;

    /// <param name="rate">Seconds of audio a second.</param>
    public AudioAllowance(double rate, TimeProvider time)
    {
        _rate = rate;
        _time = time;
        _left = Most;
        _filledAt = time.GetTimestamp();
    }

    /// <summary>As good as a new one.</summary>
    public bool IsWhole
    {
        get
        {
            lock (_gate)
            {
                Fill();
                return _left >= Most;
            }
        }
    }

    private double Most => _rate * Period.TotalSeconds;

    /// <summary>False when there is not so much left; nothing is taken then.</summary>
    public bool TryTake(double audioSeconds)
    {
        lock (_gate)
        {
            Fill();
            if (audioSeconds > _left)
                return false;
            _left -= audioSeconds;
            return true;
        }
    }

    private void Fill()
    {
        var now = _time.GetTimestamp();
        _left = Math.Min(Most, _left + _rate * _time.GetElapsedTime(_filledAt, now).TotalSeconds);
        _filledAt = now;
    }
}
