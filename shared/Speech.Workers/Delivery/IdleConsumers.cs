using Speech.Redis;

namespace Speech.Workers;

internal static class IdleConsumers
{
    // XGROUP DELCONSUMER forgets what the consumer has pending: between looking and deleting nobody may give it anything.
    private static readonly RedisScript Remove = new(
        """
        local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2])
        if pending.err or #pending > 0 then -- an error: there is no such stream or group
          return 0
        end
        redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
        return 1
        """);

    /// <summary>Removes a consumer from a group of workers unless it has entries pending. If it lives, its next read brings it back.</summary>
    public static Task RemoveIdleConsumerAsync(
        this RedisClient redis, string stream, string group, string consumer, CancellationToken cancellationToken) =>
        redis.EvalAsync(Remove, [stream], [group, consumer], cancellationToken);
}
