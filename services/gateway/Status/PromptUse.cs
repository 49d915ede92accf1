using Speech.Catalog;
using Speech.Delivery;
using Speech.Redis;

namespace Speech.Gateway.Status;

/// <summary>Whether the models that transcribe make use of a client's prompt.</summary>
internal sealed class PromptUse(RedisClient redis, JobOptions options)
{
    /// <summary>The model that leaves prompts out, if every worker that lives has such a one; else null.</summary>
    /// <returns>Null also when no worker has had a job yet (Redis then knows none), or Redis cannot be asked.</returns>
    public async Task<string?> FindModelWithoutAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Every worker reads every shard.
            string? without = null;
            var stream = options.Shards.All[0].Stream(RedisKeys.AudioJobs);
            foreach (var consumer in await redis.StreamConsumersAsync(stream, RedisKeys.SttWorkers, cancellationToken))
            {
                var beat = await redis.HashGetAllAsync(RedisKeys.Worker(consumer.Name), cancellationToken);
                if (beat.Count == 0)
                    continue; // it lives no more
                if (beat.FindString("model") is not { } model || WhisperCatalog.TakesPrompts(model))
                    return null;
                without = model;
            }

            return without;
        }
        catch (RedisException)
        {
            return null;
        }
    }
}
