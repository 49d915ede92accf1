using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Delivery.Heartbeats;

/// <summary>
/// Heartbeats in Redis: the hashes <c>worker:&lt;id&gt;</c> and <c>gateway:&lt;id&gt;</c>, which expire soon after nobody renews them any
/// more.
/// </summary>
public sealed class HeartbeatStore(RedisClient redis)
{
    // Of one heartbeat: ours have fewer.
    private const int MaxFields = 64;
    private const int MaxValueBytes = 4096;

    private static readonly RedisScript GatewayBeat = LuaScript.Load("gateway_beat.lua");
    private static readonly RedisScript WorkerBeat = LuaScript.Load("worker_beat.lua");
    private static readonly RedisScript WorkerEnd = LuaScript.Load("worker_end.lua");
    private static readonly RedisScript ReadOne = LuaScript.Load("read_heartbeat.lua");

    /// <summary>Renews a gateway's.</summary>
    /// <param name="gatewayId">The gateway.</param>
    /// <param name="life">It expires then.</param>
    /// <param name="fields">Names and values in turn.</param>
    /// <exception cref="RedisException">Redis cannot be asked.</exception>
    public Task BeatAsync(string gatewayId, TimeSpan life, RedisValue[] fields, CancellationToken cancellationToken) =>
        redis.EvalAsync(GatewayBeat, [RedisKeys.Gateway(gatewayId)], [(long)life.TotalMilliseconds, .. fields], cancellationToken);

    /// <summary>Renews a worker's, unless another instance has its name.</summary>
    /// <param name="workerId">The worker.</param>
    /// <param name="instance">This very process.</param>
    /// <param name="displaced">Another instance that may be displaced; empty: none.</param>
    /// <param name="life">It expires then.</param>
    /// <param name="fields">Names and values in turn.</param>
    /// <returns>Null when it was renewed; else who has the name.</returns>
    /// <exception cref="RedisException">Redis cannot be asked.</exception>
    public async Task<NameHolder?> BeatAsync(
        string workerId, string instance, string displaced, TimeSpan life, RedisValue[] fields, CancellationToken cancellationToken)
    {
        var reply = await redis.EvalAsync(
            WorkerBeat,
            [RedisKeys.Worker(workerId)],
            [(long)life.TotalMilliseconds, instance, displaced, "instance", instance, .. fields],
            cancellationToken);
        return reply.Length == 0 ? null : NameHolder.Read(reply);
    }

    /// <summary>Ends a worker's, if it is that of this instance.</summary>
    /// <exception cref="RedisException">Redis cannot be asked.</exception>
    public Task EndAsync(string workerId, string instance, CancellationToken cancellationToken) =>
        redis.EvalAsync(WorkerEnd, [RedisKeys.Worker(workerId)], [instance], cancellationToken);

    /// <summary>
    /// A heartbeat's fields, each cut to a bounded length; none when there is no heartbeat, or what is there is none of ours.
    /// </summary>
    /// <param name="key">Such as <see cref="RedisKeys.Worker"/> names.</param>
    /// <exception cref="RedisException">Redis cannot be asked.</exception>
    public async Task<IReadOnlyDictionary<string, string>> ReadAsync(string key, CancellationToken cancellationToken)
    {
        var reply = await redis.EvalAsync(ReadOne, [key], [MaxFields, MaxValueBytes], cancellationToken);
        var fields = new Dictionary<string, string>(reply.Length / 2);
        for (var i = 0; i + 1 < reply.Length; i += 2)
            fields[((string)reply[i]!)] = ((string?)reply[i + 1]) ?? "";
        return fields;
    }
}
