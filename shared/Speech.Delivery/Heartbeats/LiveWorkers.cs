using System.Globalization;
using Speech.Delivery.Jobs;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Delivery.Heartbeats;

/// <summary>
/// Who works on a stream of jobs: a few questions, however many keys there are. A worker lives if it is a member of the stream's group and
/// its heartbeat has not expired; one that was killed lives for some seconds more. It can work once its model is loaded.
/// </summary>
public sealed class LiveWorkers(RedisClient redis, HeartbeatStore store, JobOptions options)
{
    // Of a group: whoever writes to Redis can make more, and each is asked for its heartbeat.
    private const int MaxMembers = 1000;

    /// <summary>Those that live, whether or not they have their model.</summary>
    /// <exception cref="RedisException">Redis cannot be asked.</exception>
    public async Task<IReadOnlyList<LiveWorker>> ReadAsync(JobStream jobs, CancellationToken cancellationToken)
    {
        try
        {
            // Every worker reads every shard, under its own id.
            var stream = jobs.In(options.Shards.All[0]);
            var members = (await redis.StreamConsumersAsync(stream.Key, stream.Group, cancellationToken)).Take(MaxMembers).ToArray();
            var heartbeats = await Task.WhenAll(
                members.Select(member => store.ReadAsync(RedisKeys.Worker(member.Name), cancellationToken)));
            return [.. members.Zip(heartbeats).Where(pair => pair.Second.Count > 0).Select(pair => Read(pair.First.Name, pair.Second))];
        }
        catch (RedisServerException error) when (error.Code is "NOGROUP" or "ERR")
        {
            return []; // no worker has ever made the group
        }
    }

    private static LiveWorker Read(string id, IReadOnlyDictionary<string, string> fields) =>
        new(id, Number(fields, "slots"), Number(fields, "busy"))
        {
            Model = fields.GetValueOrDefault("model"),
            IsReady = fields.GetValueOrDefault("model_state") == "ready",
            Languages = fields.GetValueOrDefault("languages")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [],
        };

    private static int Number(IReadOnlyDictionary<string, string> fields, string name) =>
        int.TryParse(fields.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? Math.Min(number, LiveWorker.MostJobs)
            : 0;
}

/// <summary>A worker that lives.</summary>
/// <param name="Slots">Jobs that its model does side by side; 0 until it is loaded.</param>
/// <param name="Busy">Jobs in its hands.</param>
public sealed record LiveWorker(string Id, int Slots, int Busy)
{
    /// <summary>What a heartbeat that says more is taken for: no sum of them overflows, and no forged one stands for all capacity there
    /// is.</summary>
    internal const int MostJobs = 10_000;

    /// <summary>As in MODEL_SIZE; null where the heartbeat does not say.</summary>
    public string? Model { get; init; }

    /// <summary>Its model is loaded.</summary>
    public bool IsReady { get; init; }

    /// <summary>Codes of the languages that its model serves: Whisper's for audio, NLLB's for texts.</summary>
    public IReadOnlyList<string> Languages { get; init; } = [];
}
