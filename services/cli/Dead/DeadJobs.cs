using System.Globalization;
using System.Runtime.CompilerServices;
using Speech.Contracts;
using Speech.Redis;

namespace Speech.Cli.Dead;

/// <summary>The streams of jobs that workers have given up, and what a person may do about them.</summary>
internal sealed class DeadJobs(RedisClient redis)
{
    public static IReadOnlyList<string> Streams { get; } = [RedisKeys.AudioJobs, RedisKeys.TranslationJobs];

    private const int PageSize = 16;

    // What is listed of an entry; anyone may have put it there, so each value ends after some bytes.
    private const int MaxListedBytes = 1024;

    private static readonly RedisArgument[] Listed =
    [
        AudioJobFields.ClientId, AudioJobFields.Segment, AudioJobFields.Kind, AudioJobFields.DurationMs, TranslationJobFields.Language,
        DeadJobFields.Cause, DeadJobFields.Reason, DeadJobFields.Deliveries, DeadJobFields.Retried, DeadJobFields.Cut,
    ];

    // Audio stays where it is: thousands of jobs of up to a megabyte are listed by their other fields.
    // KEYS: 1 the dead stream  ARGV: 1 first id 2 most entries 3 most bytes of a value 4… the fields
    private static readonly RedisScript ReadPage = new(
        """
        local listed = {}
        for i = 4, #ARGV do
          listed[ARGV[i]] = true
        end
        local page = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])
        for _, entry in ipairs(page) do
          local fields = {}
          for i = 1, #entry[2], 2 do
            if listed[entry[2][i]] then
              fields[#fields + 1] = entry[2][i]
              fields[#fields + 1] = string.sub(entry[2][i + 1], 1, tonumber(ARGV[3]))
            end
          end
          entry[2] = fields
        end
        return page
        """);

    // Back to its stream and off the dead one, both or neither, so that nobody can do it twice: all that can fail is looked at before the
    // first write, XADD, which is itself refused or done. KEYS: 1 the dead stream 2 the jobs'
    // ARGV: 1 id 2 the field that counts how often this was done 3 the field of one that was cut 4… fields that only the dead have
    // Returns the new id; nothing when there is no such entry; 'no …', the reason, when it cannot be put back.
    private static readonly RedisScript PutBack = new(
        """
        local entry = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
        if not entry then
          return false
        end
        if #entry[2] > 256 then
          return 'no: it has more fields than a job has'
        end
        if redis.acl_check_cmd and not redis.acl_check_cmd('XDEL', KEYS[1], ARGV[1]) then
          return redis.error_reply('NOPERM this user has no permission to run XDEL on ' .. KEYS[1])
        end
        local dropped, fields, retried = {}, {}, 0
        for i = 4, #ARGV do
          dropped[ARGV[i]] = true
        end
        for i = 1, #entry[2], 2 do
          local name, value = entry[2][i], entry[2][i + 1]
          if name == ARGV[3] then
            return 'no: it was larger than any job, and its contents were not kept'
          end
          if name == ARGV[2] then
            retried = string.find(value, '^%d%d?%d?%d?%d?%d?$') and tonumber(value) or 0
          elseif not dropped[name] then
            fields[#fields + 1] = name
            fields[#fields + 1] = value
          end
        end
        fields[#fields + 1] = ARGV[2]
        fields[#fields + 1] = string.format('%.0f', retried + 1)
        local id = redis.call('XADD', KEYS[2], '*', unpack(fields))
        redis.call('XDEL', KEYS[1], ARGV[1])
        return id
        """);

    /// <summary>All of them, the oldest of each stream first.</summary>
    /// <param name="streams">Those of <see cref="Streams"/> that are meant.</param>
    public async IAsyncEnumerable<DeadJob> ListAsync(IEnumerable<string> streams, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var time = (await redis.ExecuteAsync(["TIME"], cancellationToken)).Items.ToArray();
        var now = DateTimeOffset.FromUnixTimeSeconds(time[0].AsInt64());
        foreach (var stream in streams)
        {
            var from = StreamId.Zero;
            while (true)
            {
                var page = await redis.EvalAsync(
                    ReadPage, [RedisKeys.Dead(stream)], [from, PageSize, MaxListedBytes, .. Listed], cancellationToken);
                for (var i = 0; i < page.Count; i++)
                {
                    var job = Read(stream, page[i], now);
                    from = job.Id;
                    yield return job;
                }
                if (page.Count < PageSize || from == StreamId.Max)
                    break;
                from = from.Next();
            }
        }
    }

    /// <summary>The whole entry; null when it is no longer there.</summary>
    public async Task<RedisFields?> ReadAsync(DeadJob job, CancellationToken cancellationToken) =>
        await redis.StreamRangeAsync(RedisKeys.Dead(job.Stream), job.Id, job.Id, count: 1, cancellationToken) is [var entry] ? entry.Fields : null;

    /// <summary>Puts a job back on its stream, where it counts as never delivered.</summary>
    public async Task<DeadJobChange> RetryAsync(DeadJob job, CancellationToken cancellationToken)
    {
        var reply = (await redis.EvalAsync(
            PutBack,
            [RedisKeys.Dead(job.Stream), job.Stream],
            [job.Id, DeadJobFields.Retried, DeadJobFields.Cut, DeadJobFields.Cause, DeadJobFields.Reason, DeadJobFields.Deliveries],
            cancellationToken)).AsString();
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

    private static DeadJob Read(string stream, RespValue entry, DateTimeOffset now)
    {
        var id = StreamId.Parse(entry[0].AsString()!);
        var fields = entry[1];
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

        string? Text(string name) => fields.TryGet(name, out var value) ? value.AsString() : null;

        int? Number(string name) => int.TryParse(Text(name), CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
