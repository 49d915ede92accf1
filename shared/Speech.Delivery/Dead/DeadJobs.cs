using System.Globalization;
using System.Runtime.CompilerServices;
using Speech.Contracts.Jobs;
using Speech.Contracts.Sessions;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Delivery.Dead;

/// <summary>The streams of jobs that workers have given up, and what a person may do about them.</summary>
public sealed class DeadJobs(RedisClient redis)
{
    public static IReadOnlyList<string> Streams { get; } = [RedisKeys.AudioJobs, RedisKeys.TranslationJobs];

    private const int PageSize = 16;

    // What is listed of an entry; anyone may have put it there, so each value ends after some bytes.
    private const int MaxListedBytes = 1024;

    private static readonly RedisValue[] Listed =
    [
        AudioJobFields.ClientId, AudioJobFields.Segment, AudioJobFields.Kind, AudioJobFields.DurationMs, TranslationJobFields.Language,
        DeadJobFields.Cause, DeadJobFields.Reason, DeadJobFields.Deliveries, DeadJobFields.Retried, DeadJobFields.Cut,
    ];

    private static readonly RedisScript ReadPage = LuaScript.Load("read_dead.lua");
    private static readonly RedisScript PutBack = LuaScript.Load("put_back.lua");

    /// <summary>All of them, the oldest of each stream first.</summary>
    /// <param name="streams">Those of <see cref="Streams"/> that are meant.</param>
    public async IAsyncEnumerable<DeadJob> ListAsync(
        IEnumerable<string> streams, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var time = (long[])(await redis.ExecuteAsync("TIME", [], cancellationToken))!;
        var now = DateTimeOffset.FromUnixTimeSeconds(time[0]);
        foreach (var stream in streams)
        {
            var from = StreamId.Zero;
            while (true)
            {
                var page = await redis.EvalAsync(
                    ReadPage, [RedisKeys.Dead(stream)], [from, PageSize, MaxListedBytes, .. Listed], cancellationToken);
                for (var i = 0; i < page.Length; i++)
                {
                    var job = Read(stream, page[i], now);
                    from = job.Id;
                    yield return job;
                }
                if (page.Length < PageSize || from == StreamId.Max)
                    break;
                from = from.Next();
            }
        }
    }

    /// <summary>The whole entry; null when it is no longer there.</summary>
    public async Task<StreamEntry?> ReadAsync(DeadJob job, CancellationToken cancellationToken) =>
        await redis.StreamRangeAsync(RedisKeys.Dead(job.Stream), job.Id, job.Id, count: 1, cancellationToken) is [var entry] ? entry : null;

    /// <summary>Puts a job back on its stream, where it counts as never delivered.</summary>
    public async Task<DeadJobChange> RetryAsync(DeadJob job, CancellationToken cancellationToken)
    {
        var reply = (string?)await redis.EvalAsync(
            PutBack,
            [RedisKeys.Dead(job.Stream), job.Stream],
            [job.Id, DeadJobFields.Retried, DeadJobFields.Cut, DeadJobFields.Cause, DeadJobFields.Reason, DeadJobFields.Deliveries],
            cancellationToken);
        return reply is null ? DeadJobChange.Gone
            : StreamId.TryParse(reply, out var id) ? new DeadJobChange(true, $"back on {job.Stream} as {id}")
            : new DeadJobChange(false, $"cannot be put back, {reply["no: ".Length..]}; show or drop it");
    }

    /// <summary>Deletes a job for good.</summary>
    public async Task<DeadJobChange> DropAsync(DeadJob job, CancellationToken cancellationToken) =>
        await redis.StreamDeleteAsync(RedisKeys.Dead(job.Stream), [job.Id], cancellationToken) == 1
            ? new DeadJobChange(true, "deleted")
            : DeadJobChange.Gone;

    /// <summary>An id is what somebody wrote: it may be of a year that no calendar has.</summary>
    private static readonly ulong LatestMilliseconds = (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private static DeadJob Read(string stream, RedisResult entry, DateTimeOffset now)
    {
        var id = StreamId.Parse((string)entry[0]!);
        var fields = (string?[])entry[1]!; // names and values in turn; a name may occur twice
        var diedAt = DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(id.Milliseconds, LatestMilliseconds));
        return new DeadJob(
            stream,
            id,
            diedAt,
            now > diedAt ? now - diedAt : TimeSpan.Zero,
            Text(AudioJobFields.ClientId),
            Number(AudioJobFields.Segment),
            Text(AudioJobFields.Kind),
            Number(AudioJobFields.DurationMs),
            Text(TranslationJobFields.Language),
            Text(DeadJobFields.Cause),
            Text(DeadJobFields.Reason),
            Number(DeadJobFields.Deliveries),
            Number(DeadJobFields.Retried),
            Text(DeadJobFields.Cut));

        string? Text(string name)
        {
            for (var i = 0; i + 1 < fields.Length; i += 2)
            {
                if (fields[i] == name)
                    return fields[i + 1];
            }
            return null;
        }

        int? Number(string name) => int.TryParse(Text(name), CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
