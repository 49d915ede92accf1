using System.Text.Json.Nodes;
using Speech.Redis;

namespace Speech.Gateway.Status;

/// <summary>Who lives, by the heartbeats in Redis. Finding them means looking through all keys: not for every request.</summary>
internal sealed class HeartbeatReader(RedisClient redis)
{
    private const int MaxInstances = 1000;

    // Of one instance. Anyone may write such a key: what has more, or is no hash, is no heartbeat of ours.
    private const int MaxFields = 64;
    private const int MaxValueBytes = 4096;

    // KEYS: 1 the heartbeat  ARGV: 1 most fields 2 most bytes of a value. Returns names and values; nothing when it is none.
    private static readonly RedisScript Read = new(
        """
        if redis.call('TYPE', KEYS[1]).ok ~= 'hash' or redis.call('HLEN', KEYS[1]) > tonumber(ARGV[1]) then
          return {}
        end
        local fields = redis.call('HGETALL', KEYS[1])
        for i, text in ipairs(fields) do
          fields[i] = string.sub(text, 1, tonumber(ARGV[2]))
        end
        return fields
        """);

    /// <param name="prefix">Of the heartbeats' keys, such as "worker:".</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>{"id", then the fields of its heartbeat} of each, by id.</returns>
    public async Task<List<JsonObject>> ReadAsync(string prefix, CancellationToken cancellationToken)
    {
        var keys = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var key in redis.ScanKeysAsync($"{prefix}*", cancellationToken: cancellationToken))
        {
            if (keys.Count < MaxInstances)
                keys.Add(key);
        }
        var instances = new List<JsonObject>(keys.Count);
        foreach (var key in keys)
        {
            var instance = new JsonObject { ["id"] = key[prefix.Length..] };
            var fields = await redis.EvalAsync(Read, [key], [MaxFields, MaxValueBytes], cancellationToken);
            for (var i = 0; i + 1 < fields.Count; i += 2)
                instance[fields[i].AsString()!] = fields[i + 1].AsString();
            if (fields.Count > 0) // else it has expired since
                instances.Add(instance);
        }
        return instances;
    }
}
