using System.Globalization;
using Speech.Redis;

namespace Speech.Delivery.Sessions;

/// <summary>What Redis remembers of a client between its connections.</summary>
public sealed class SessionStore(RedisClient redis, JobOptions options)
{
    /// <summary>
    /// The client's state; all zeros when it is new, has been away for too long, or when what is there is no session (checks.lua).
    /// </summary>
    public async Task<SessionState> ReadAsync(string clientId, CancellationToken cancellationToken)
    {
        var reply = await redis.EvalAsync(SessionScripts.Read, [options.Shards.Of(clientId).Session(clientId)], [], cancellationToken);
        return new SessionState(
            int.Parse(Text(0), CultureInfo.InvariantCulture),
            double.Parse(Text(1), CultureInfo.InvariantCulture),
            long.Parse(Text(2), CultureInfo.InvariantCulture),
            int.Parse(Text(3), CultureInfo.InvariantCulture),
            [.. Translating()]);

        string Text(int index) => ((string)reply[index]!);

        IEnumerable<(int Segment, string Language)> Translating()
        {
            for (var i = 4; i < reply.Length; i++)
            {
                var parts = Text(i).Split(':');
                if (int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var segment))
                    yield return (segment, parts[1]);
            }
        }
    }
}
