namespace Speech.Cli.Client;

/// <summary>When each moment of a stream was sent: what latencies are measured from. Written by the sender while others read.</summary>
internal sealed class SentAudio(TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly List<long> _timestamps = [];

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

    /// <summary>
    /// Time since the packet that ends at or after <paramref name="seconds"/> of audio was sent. Null when nothing was sent; for a
    /// position behind the end, since the end.
    /// </summary>
    public TimeSpan? Since(double seconds, long now)
    {
        lock (_lock)
        {
            if (_timestamps.Count == 0)
                return null;
            // A hair less than a whole packet is that packet: 0.06 s is three packets of 20 ms, whatever floating point makes of it.
            var packet = (long)Math.Ceiling(seconds / AudioPackets.Duration.TotalSeconds - 1e-6) - 1;
            return clock.GetElapsedTime(_timestamps[(int)Math.Clamp(packet, 0, _timestamps.Count - 1)], now);
        }
    }
}
