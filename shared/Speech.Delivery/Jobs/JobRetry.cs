using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Delivery.Jobs;

/// <summary>
/// Repeats what is safe to repeat while Redis is away, starting, full or failing over (<c>IsTransient</c> of <see cref="RedisErrors"/>),
/// with growing, jittered pauses, until the caller cancels: an accepted segment or a finished result must not be lost because Redis was
/// restarted. An error that repeating will not mend (wrong type, no permission) comes out at once.
/// </summary>
internal sealed partial class JobRetry
{
    private readonly ResiliencePipeline _pipeline;

    public JobRetry(TimeProvider time, ILogger logger)
    {
        var retry = new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<RedisException>(error => error.IsTransient),
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromMilliseconds(50),
            MaxDelay = TimeSpan.FromSeconds(2),
            OnRetry = attempt =>
            {
                Log.Retrying(logger, attempt.AttemptNumber + 1, attempt.Outcome.Exception!.Message);
                return default;
            },
        };
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(retry).Build();
    }

    public async Task<RedisResult> EvalAsync(
        RedisClient redis, RedisScript script, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken) =>
        await _pipeline.ExecuteAsync(
            static async (call, cancellationToken) => await call.redis.EvalAsync(call.script, call.keys, call.arguments, cancellationToken),
            (redis, script, keys, arguments),
            cancellationToken);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Redis cannot take it now; trying again (attempt {Attempt} failed: {Reason})")]
        public static partial void Retrying(ILogger logger, int attempt, string reason);
    }
}
