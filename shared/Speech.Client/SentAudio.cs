namespace Speech.Client;

/// <summary>When each moment of a stream was sent: what latencies are measured from. Written by the sender while others read.</summary>
public sealed class SentAudio(TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly List<long> _timestamps = [];
    private bool _isComplete;

    /// <summary>Audio sent so far.</summary>
    public TimeSpan Position
    {
        get
        {
            lock (_lock)
                return AudioPackets.Duration * _timestamps.Count;
        }
    }

    /// <summary>One more packet is on its way.</summary>
    public void Add()
    {
        lock (_lock)
            _timestamps.Add(clock.GetTimestamp());
    }

    /// <summary>No more comes: whatever was to come later is as good as sent with the last packet.</summary>
    public void Complete()
    {
        lock (_lock)
            _isComplete = true;
    }

    /// <summary>
    /// Time since the packet that ends at or after <paramref name="seconds"/> of audio was sent; null when it was not yet.
    /// </summary>
    public TimeSpan? Since(double seconds, long now)
    {
        lock (_lock)
        {
            // A hair less than a whole packet is that packet: 0.06 s is three packets of 20 ms, whatever floating point makes of it.
            var packet = (long)Math.Ceiling(seconds / AudioPackets.Duration.TotalSeconds - 1e-6) - 1;
            if (_timestamps.Count == 0 || (packet >= _timestamps.Count && !_isComplete))
                return null;
            return clock.GetElapsedTime(_timestamps[(int)Math.Clamp(packet, 0, _timestamps.Count - 1)], now);
        }
    }
}
