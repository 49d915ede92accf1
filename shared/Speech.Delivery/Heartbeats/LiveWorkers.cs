using System.Globalization;
using Speech.Delivery.Jobs;
using Speech.Redis;

namespace Speech.Delivery.Heartbeats;

/// <summary>Who works on a stream of jobs, by the members of its group and their heartbeats: a few questions, however many keys there are.</summary>
public sealed class LiveWorkers(RedisClient redis, HeartbeatStore store, JobOptions options)
{
    /// <summary>Those whose model is loaded. One that was killed counts for some seconds more.</summary>
    /// <exception cref="RedisException">Redis cannot be asked.</exception>
    public async Task<IReadOnlyList<LiveWorker>> ReadAsync(JobStream jobs, CancellationToken cancellationToken)
    {
        try
        {
            // Every worker reads every shard.
            var stream = jobs.In(options.Shards.All[0]);
            var members = await redis.StreamConsumersAsync(stream.Key, stream.Group, cancellationToken);
            var heartbeats = await Task.WhenAll(members.Select(member => store.ReadAsync(RedisKeys.Worker(member.Name), cancellationToken)));
            return
            [
                .. from pair in members.Zip(heartbeats, (member, heartbeat) => (Id: member.Name, Fields: heartbeat))
                   where pair.Fields.GetValueOrDefault("model_state") == "ready"
                   select new LiveWorker(pair.Id, Number(pair.Fields, "slots"), Number(pair.Fields, "busy"))
                   {
                       Languages = pair.Fields.GetValueOrDefault("languages")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [],
                   },
            ];
        }
        catch (RedisServerException error) when (error.Code is "NOGROUP" or "ERR")
        {
            return []; // no worker has ever made the group
        }
    }

    private static int Number(IReadOnlyDictionary<string, string> fields, string name) =>
        int.TryParse(fields.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}

/// <summary>A worker that lives and has its model.</summary>
/// <param name="Slots">Jobs that it does side by side.</param>
/// <param name="Busy">Jobs in its hands.</param>
public sealed record LiveWorker(string Id, int Slots, int Busy)
{
    /// <summary>Codes of the languages that its model serves: Whisper's for audio, NLLB's for texts.</summary>
    public IReadOnlyList<string> Languages { get; init; } = [];
}
