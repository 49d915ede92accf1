using System.Globalization;
using System.Text;

namespace Speech.Delivery;

// A Redis Cluster gives each key to one node, and a script may touch the keys of one node only. So that queues, sessions and histories
// can lie on several nodes, they are divided into shards. A client belongs to one shard; all that a script touches for it has the shard's
// number as a hash tag in its name, which is what Redis hashes in place of the name: audio_jobs:{2}, session:{2}:<client_id>, ….
// With one shard, the default, names stay plain: that is for a single Redis, or one with sentinels.
//
// The tags {0}, {1}, … fall on nodes by chance. With three nodes, 16 shards give each node between 4 and 6 of them; more spread the load
// more evenly, but every worker holds a waiting connection for each, and may have a job from each in its hands beyond its slots. All
// services must be given the same number, and it may be changed only when the queues are empty and nobody is connected: what lies under
// the old names is not found under the new.

/// <summary>STREAM_SHARDS: into how many parts all that belongs to clients is divided.</summary>
public sealed class StreamShards
{
    public const int Most = 256;

    public StreamShards(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Most);
        All = count == 1 ? [RedisShard.Whole] : [.. Enumerable.Range(0, count).Select(number => new RedisShard($"{{{number}}}"))];
    }

    public static StreamShards One { get; } = new(1);

    /// <summary>Their number as STREAM_SHARDS has it; one when that is not set.</summary>
    /// <exception cref="FormatException">It is no such number.</exception>
    public static StreamShards Parse(string? text) =>
        string.IsNullOrEmpty(text) ? One
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= Most
            ? new StreamShards(count)
        : throw new FormatException($"STREAM_SHARDS is '{text}', not a number from 1 to {Most}.");

    public IReadOnlyList<RedisShard> All { get; }

    /// <summary>A client's shard: CRC-16/XMODEM of its id, as Redis Cluster hashes it, modulo their number.</summary>
    public RedisShard Of(string clientId) => All.Count == 1 ? All[0] : All[Crc16(Encoding.UTF8.GetBytes(clientId)) % All.Count];

    private static int Crc16(ReadOnlySpan<byte> bytes)
    {
        var crc = 0;
        foreach (var one in bytes)
        {
            crc ^= one << 8;
            for (var bit = 0; bit < 8; bit++)
                crc = ((crc << 1) ^ ((crc & 0x8000) != 0 ? 0x1021 : 0)) & 0xFFFF;
        }
        return crc;
    }
}
