using System.Globalization;
using Speech.Contracts;
using Speech.Redis;

namespace Speech.Hosting;

/// <summary>What Redis remembers of a client between its connections. What is no session has been removed by whoever opened it (checks.lua).</summary>
public sealed class SessionStore(RedisClient redis, JobOptions options)
{
    /// <summary>The client's state; all zeros when it is new, or has been away for too long.</summary>
    public async Task<SessionState> ReadAsync(string clientId, CancellationToken cancellationToken)
    {
        var key = options.Shards.Of(clientId).Session(clientId);
        var fields = await redis.HashGetAllAsync(key, cancellationToken);
        var state = new SessionState(
            Number<int>("segments"), Number<double>("committed"), Number<long>("seq"), Number<int>("released"), [.. Translating()]);
        return state.Released >= 0 && state.Segments >= state.Released && state.Seq >= 0 && state.CommittedSeconds is >= 0 and < double.PositiveInfinity
            ? state
            : throw new FormatException($"{key} in Redis says {state}, which is no session; delete the key.");

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
}
