using System.Globalization;
using Microsoft.Extensions.Logging;
using Speech.Contracts;
using Speech.Redis;

namespace Speech.Hosting;

/// <summary>What Redis remembers of a client between its connections.</summary>
public sealed class SessionStore(RedisClient redis, JobOptions options, TimeProvider time, ILogger<SessionStore> logger)
{
    private readonly JobRetry _retry = new(time, logger);

    /// <summary>The client's state; all zeros when it is new, or has been away for too long.</summary>
    public async Task<SessionState> ReadAsync(string clientId, CancellationToken cancellationToken)
    {
        var key = options.Shards.Of(clientId).Session(clientId);
        var fields = await redis.HashGetAllAsync(key, cancellationToken);
        return new SessionState(
            Number<int>("segments"), Number<double>("committed"), Number<long>("seq"), Number<int>("released"), [.. Translating()]);

        T Number<T>(string name)
            where T : struct, ISpanParsable<T> =>
            fields.FindString(name) is not { } text ? default
            : T.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value
            : throw new FormatException($"The field {name} of {key} in Redis is '{text}', not a number; delete the key.");

        // Fields "translating:<language>:<segment>", see finish.lua.
        IEnumerable<(int Segment, string Language)> Translating() =>
            from field in fields
            let parts = field.Key.Split(':')
            where parts is ["translating", _, _] && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out _)
            select (int.Parse(parts[2], CultureInfo.InvariantCulture), parts[1]);
    }

    /// <summary>
    /// To be called a few times within HISTORY_TTL_SECONDS for every connected client: a client may be silent for longer than that
    /// without being away.
    /// </summary>
    /// <param name="clientId">The client.</param>
    /// <param name="committedSeconds">How far its audio is safe, or was silence; a smaller value than the last is ignored.</param>
    /// <param name="cancellationToken">Ends the waiting for Redis.</param>
    public Task KeepAliveAsync(string clientId, double committedSeconds, CancellationToken cancellationToken)
    {
        var shard = options.Shards.Of(clientId);
        return _retry.EvalAsync(
            redis,
            JobScripts.KeepAlive,
            [shard.Session(clientId), shard.History(clientId)],
            [committedSeconds, options.HistoryTtlSeconds, "", ""],
            cancellationToken);
    }
}
