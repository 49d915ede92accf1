namespace Speech.Audio.Opus;

/// <summary>Packets copied one behind another, in memory that is used again and again.</summary>
internal sealed class PacketQueue
{
    private byte[] _bytes = new byte[4096];
    private int[] _ends = new int[64];

    public int Count { get; private set; }

    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return _bytes.AsSpan((index == 0 ? 0 : _ends[index - 1]).._ends[index]);
        }
    }

    public void Add(ReadOnlySpan<byte> packet)
    {
        var start = Count == 0 ? 0 : _ends[Count - 1];
        if (_bytes.Length - start < packet.Length)
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, start + packet.Length));
        if (Count == _ends.Length)
            Array.Resize(ref _ends, 2 * Count);
        packet.CopyTo(_bytes.AsSpan(start));
        _ends[Count++] = start + packet.Length;
    }

    public void Clear() => Count = 0;
}
