using System.Globalization;
using Speech.Contracts.Server;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Delivery.Jobs;

/// <summary>
/// For gateways: ends what Redis has lost while it still knows the client (see lost.lua), so that nobody waits for it for ever.
/// </summary>
public sealed class LostJobs(RedisClient redis, JobOptions options, JobCompletion completion)
{
    /// <summary>Looks for jobs whose results a client waits for, and lets failures take the places of those that will not come.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="failures">One for each job, in the order in which they are waited for; used where the job is lost.</param>
    /// <param name="cancellationToken">Ends the waiting; some may have been ended then.</param>
    /// <returns>How many were lost.</returns>
    public async Task<int> FailAsync(string clientId, IEnumerable<Failed> failures, CancellationToken cancellationToken)
    {
        var shard = options.Shards.Of(clientId);
        var count = 0;
        foreach (var awaited in failures.ToLookup(failure => failure.Language is null ? JobStream.Audio : JobStream.Translations))
        {
            var stream = awaited.Key.In(shard);
            RedisValue[] names = [.. awaited.Select(failure => (RedisValue)NameOf(failure))];
            var ids = await redis.EvalAsync(JobScripts.Lost, [shard.Session(clientId), stream.Key], names, cancellationToken);
            foreach (var (failure, id) in awaited.Zip((string?[])ids!))
            {
                if (StreamId.TryParse(id, out var entry)
                    && await completion.FinishAsync(new JobEntry(stream, entry, clientId), failure, [], cancellationToken))
                    count++;
            }
        }
        return count;
    }

    private static string NameOf(Failed failure) =>
        failure.Language is null
            ? failure.Segment.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{failure.Language}:{failure.Segment}");
}
