using System.Text.Json.Nodes;
using Speech.Delivery.Heartbeats;
using Speech.Redis;

namespace Speech.Gateway.Status;

/// <summary>Who lives, by the heartbeats in Redis. Finding them means looking through all keys: not for every request.</summary>
internal sealed class HeartbeatReader(RedisClient redis, HeartbeatStore store)
{
    private const int MaxInstances = 1000;

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
            var fields = await store.ReadAsync(key, cancellationToken);
            foreach (var (name, value) in fields)
                instance[name] = value;
            if (fields.Count > 0) // else it has expired since
                instances.Add(instance);
        }
        return instances;
    }
}
