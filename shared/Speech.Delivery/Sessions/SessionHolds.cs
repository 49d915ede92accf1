using Microsoft.Extensions.Logging;
using Speech.Delivery.Jobs;
using Speech.Redis;

namespace Speech.Delivery.Sessions;

/// <summary>For gateways: their holds of clients.</summary>
public sealed class SessionHolds(RedisClient redis, AudioJobQueue jobs, JobOptions options, TimeProvider time, ILogger<SessionHolds> logger)
{
    internal RedisClient Redis => redis;

    internal AudioJobQueue Jobs => jobs;

    internal JobOptions Options => options;

    internal JobRetry Retry { get; } = new(time, logger);

    /// <param name="clientId">The client.</param>
    /// <param name="credentialKey">What stands for the credentials that it shows.</param>
    /// <param name="gatewayId">This gateway: under <c>gateway:&lt;id&gt;</c> others ask it to let a client go.</param>
    public SessionHold Create(string clientId, string credentialKey, string gatewayId) => new(this, clientId, credentialKey, gatewayId);
}
