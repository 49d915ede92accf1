using System.Buffers;
using System.Text;

namespace Speech.Redis;

/// <summary>
/// Which of a cluster's 16,384 slots a key lies in: CRC-16/XMODEM (polynomial 0x1021, from 0) of the key, or of what stands between its
/// first '{' and the next '}' if that is not empty, modulo 16,384 (Redis Cluster specification, "Key distribution model").
/// </summary>
public static class HashSlot
{
    public const int Count = 16384;

    private static readonly ushort[] Table = [.. Enumerable.Range(0, 256).Select(TableEntry)];

    public static int Of(ReadOnlySpan<byte> key)
    {
        var open = key.IndexOf((byte)'{');
        if (open >= 0 && key[(open + 1)..].IndexOf((byte)'}') is > 0 and var length)
            key = key.Slice(open + 1, length);
        var crc = 0;
        foreach (var one in key)
            crc = ((crc << 8) & 0xFFFF) ^ Table[(crc >> 8) ^ one];
        return crc % Count;
    }

    public static int Of(string key) => Of((RedisArgument)key);

    internal static int Of(in RedisArgument key)
    {
        if (key.Text is null && !key.IsNumber)
            return Of(key.Bytes);
        var text = key.ToString();
        var buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        var slot = Of(buffer.AsSpan(0, Encoding.UTF8.GetBytes(text, buffer)));
        ArrayPool<byte>.Shared.Return(buffer);
        return slot;
    }

    private static ushort TableEntry(int index)
    {
        var crc = index << 8;
        for (var bit = 0; bit < 8; bit++)
            crc = (crc << 1) ^ ((crc & 0x8000) != 0 ? 0x1021 : 0);
        return (ushort)crc;
    }
}
