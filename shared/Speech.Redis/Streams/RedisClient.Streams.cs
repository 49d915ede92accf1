namespace Speech.Redis;

public sealed partial class RedisClient
{
    /// <summary>XADD; the new entry's id, which the server chooses unless <paramref name="id"/> is given.</summary>
    public Task<StreamId> StreamAddAsync(
        RedisArgument key,
        ReadOnlySpan<(RedisArgument Name, RedisArgument Value)> fields,
        StreamId? id = null,
        StreamTrim? trim = null,
        CancellationToken cancellationToken = default)
    {
        var arguments = AddArguments(key, fields, id, trim, createStream: true);
        return SendAsync(ref arguments, StreamReplies.Id, cancellationToken);
    }

    /// <summary>XADD NOMKSTREAM; null when there is no such stream.</summary>
    public Task<StreamId?> StreamAddIfExistsAsync(
        RedisArgument key,
        ReadOnlySpan<(RedisArgument Name, RedisArgument Value)> fields,
        StreamId? id = null,
        StreamTrim? trim = null,
        CancellationToken cancellationToken = default)
    {
        var arguments = AddArguments(key, fields, id, trim, createStream: false);
        return SendAsync(ref arguments, StreamReplies.IdOrNull, cancellationToken);
    }

    /// <summary>XLEN; 0 when there is no such stream.</summary>
    public Task<long> StreamLengthAsync(RedisArgument key, CancellationToken cancellationToken = default) =>
        SendAsync(["XLEN", key], Replies.Integer, cancellationToken);

    /// <summary>XRANGE: entries from <paramref name="from"/> to <paramref name="to"/>, both included, oldest first.</summary>
    public Task<StreamEntry[]> StreamRangeAsync(
        RedisArgument key, StreamId? from = null, StreamId? to = null, int? count = null, CancellationToken cancellationToken = default) =>
        RangeAsync("XRANGE", key, from?.ToString() ?? "-", to?.ToString() ?? "+", count, cancellationToken);

    /// <summary>XREVRANGE: entries from <paramref name="from"/> down to <paramref name="to"/>, both included, newest first.</summary>
    public Task<StreamEntry[]> StreamReverseRangeAsync(
        RedisArgument key, StreamId? from = null, StreamId? to = null, int? count = null, CancellationToken cancellationToken = default) =>
        RangeAsync("XREVRANGE", key, from?.ToString() ?? "+", to?.ToString() ?? "-", count, cancellationToken);

    /// <summary>XDEL; the number of entries there were. Groups that have them pending keep their ids.</summary>
    public Task<long> StreamDeleteAsync(RedisArgument key, ReadOnlySpan<StreamId> ids, CancellationToken cancellationToken = default)
    {
        var arguments = new ArgumentList(ids.Length + 2);
        arguments.Add("XDEL", key);
        arguments.Add(ids);
        return SendAsync(ref arguments, Replies.Integer, cancellationToken);
    }

    /// <summary>XTRIM; the number of entries removed.</summary>
    public Task<long> StreamTrimAsync(RedisArgument key, StreamTrim trim, CancellationToken cancellationToken = default) =>
        SendAsync(["XTRIM", key, trim.Strategy, trim.Exact ? "=" : "~", trim.Threshold], Replies.Integer, cancellationToken);

    /// <summary>XINFO STREAM; a <see cref="RedisServerException"/> (ERR) when there is no such stream.</summary>
    public Task<StreamInfo> StreamInfoAsync(RedisArgument key, CancellationToken cancellationToken = default) =>
        SendAsync(["XINFO", "STREAM", key], StreamReplies.Info, cancellationToken);

    private Task<StreamEntry[]> RangeAsync(
        string command, RedisArgument key, string from, string to, int? count, CancellationToken cancellationToken) =>
        count is { } limit
            ? SendAsync([command, key, from, to, "COUNT", limit], StreamReplies.Entries, cancellationToken)
            : SendAsync([command, key, from, to], StreamReplies.Entries, cancellationToken);

    private static ArgumentList AddArguments(
        RedisArgument key, ReadOnlySpan<(RedisArgument Name, RedisArgument Value)> fields, StreamId? id, StreamTrim? trim, bool createStream)
    {
        var arguments = new ArgumentList(2 * fields.Length + 8);
        arguments.Add("XADD");
        arguments.Add(key);
        if (!createStream)
            arguments.Add("NOMKSTREAM");
        if (trim is { } limit)
            arguments.Add(limit.Strategy, limit.Exact ? "=" : "~", limit.Threshold);
        arguments.Add(id is { } chosen ? chosen : "*");
        arguments.Add(fields);
        return arguments;
    }
}
