using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Delivery.Jobs;

public static class IdleConsumers
{
    /// <summary>
    /// Removes a consumer from a group of workers unless it has entries pending. If it lives, its next read brings it back.
    /// </summary>
    /// <exception cref="RedisException">Redis cannot be asked.</exception>
    public static Task RemoveIdleConsumerAsync(
        this RedisClient redis, string stream, string group, string consumer, CancellationToken cancellationToken) =>
        redis.EvalAsync(JobScripts.RemoveConsumer, [stream], [group, consumer], cancellationToken);
}
