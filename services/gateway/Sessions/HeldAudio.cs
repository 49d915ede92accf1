namespace Speech.Gateway.Sessions;

/// <summary>
/// What has been accepted from all clients and is not in Redis yet: next to nothing, unless Redis is away. Then it is bounded: above
/// MAX_HELD_MB each client may have one segment here, and is read no further.
/// </summary>
internal sealed class HeldAudio(GatewayOptions options)
{
    private long _bytes;
    private int _segments;

    public long Bytes => Interlocked.Read(ref _bytes);

    public int Segments => Volatile.Read(ref _segments);

    public bool IsFull => Bytes >= options.MaxHeldBytes;

    public void Add(int bytes)
    {
        Interlocked.Add(ref _bytes, bytes);
        Interlocked.Increment(ref _segments);
    }

    public void Remove(int bytes)
    {
        Interlocked.Add(ref _bytes, -bytes);
        Interlocked.Decrement(ref _segments);
    }
}
