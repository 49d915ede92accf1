using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Supervisor.Readiness;

/// <summary>
/// Redis is ready when it answers PING (in a cluster every master does), or asks for the password that only the services need to know;
/// while it still reads its append-only file it answers LOADING.
/// </summary>
internal static class RedisPing
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    public static Probe At(RedisOptions options) => async cancellationToken =>
    {
        await using var redis = new RedisClient(
            options with { ClientName = "speech-supervisor", CommandTimeout = Limit, ConnectTimeout = Limit });
        try
        {
            await redis.PingAsync(cancellationToken);
            return ProbeAnswer.Ready;
        }
        catch (RedisException error)
        {
            return error.GetBaseException() is RedisServerException { Code: "NOAUTH" }
                ? ProbeAnswer.Ready : ProbeAnswer.NotYet($"Redis at {options}: {error.Message}");
        }
    };
}
