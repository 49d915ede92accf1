using Speech.Delivery;
using Speech.Redis;

namespace Speech.Gateway.Status;

/// <summary>Whether there is anyone who translates.</summary>
internal sealed class TranslatorPresence(RedisClient redis, JobOptions options)
{
    /// <summary>False when no member of the group has a heartbeat; a worker that was killed has one for some seconds more.</summary>
    /// <returns>True also when Redis cannot be asked.</returns>
    public async Task<bool> IsAnyoneThereAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Every worker reads every shard.
            var stream = options.Shards.All[0].Stream(RedisKeys.TranslationJobs);
            foreach (var consumer in await redis.StreamConsumersAsync(stream, RedisKeys.TranslationWorkers, cancellationToken))
            {
                if (await redis.KeyExistsAsync(RedisKeys.Worker(consumer.Name), cancellationToken))
                    return true;
            }
            return false;
        }
        catch (RedisServerException error) when (error.Code is "NOGROUP" or "ERR")
        {
            return false; // no worker has ever made the group
        }
        catch (RedisException)
        {
            return true;
        }
    }
}
