namespace Speech.Redis;

public sealed partial class RedisClient
{
    /// <summary>
    /// XGROUP CREATE; BUSYGROUP when the group exists. The group will read what comes after <paramref name="startAfter"/>; null:
    /// only what is added from now on ("$").
    /// </summary>
    public Task CreateGroupAsync(
        RedisArgument key, RedisArgument group, StreamId? startAfter, bool createStream = true, CancellationToken cancellationToken = default)
    {
        RedisArgument start = startAfter is { } id ? id : "$";
        return createStream
            ? SendAsync(["XGROUP", "CREATE", key, group, start, "MKSTREAM"], Replies.Done, cancellationToken)
            : SendAsync(["XGROUP", "CREATE", key, group, start], Replies.Done, cancellationToken);
    }

    /// <summary>
    /// Makes sure that the stream and the group exist. A new group starts from the beginning of the stream, so that nothing written
    /// before it is lost. True when the group is new.
    /// </summary>
    public async Task<bool> EnsureGroupAsync(RedisArgument key, RedisArgument group, CancellationToken cancellationToken = default)
    {
        try
        {
            await CreateGroupAsync(key, group, StreamId.Zero, createStream: true, cancellationToken);
            return true;
        }
        catch (RedisServerException e) when (e.Code == "BUSYGROUP")
        {
            return false;
        }
    }

    /// <summary>XGROUP DESTROY; true when there was such a group.</summary>
    public Task<bool> DestroyGroupAsync(RedisArgument key, RedisArgument group, CancellationToken cancellationToken = default) =>
        SendAsync(["XGROUP", "DESTROY", key, group], Replies.IsOne, cancellationToken);

    /// <summary>XGROUP DELCONSUMER; the number of entries it had pending, which are lost to the group.</summary>
    public Task<long> DeleteConsumerAsync(
        RedisArgument key, RedisArgument group, RedisArgument consumer, CancellationToken cancellationToken = default) =>
        SendAsync(["XGROUP", "DELCONSUMER", key, group, consumer], Replies.Integer, cancellationToken);

    /// <summary>
    /// XREADGROUP without waiting: up to <paramref name="count"/> new entries or, with <paramref name="pendingAfter"/>, those this
    /// consumer was given before (after that id) and has not acknowledged; of the latter some may be
    /// <see cref="StreamEntry.IsDeleted"/>.
    /// </summary>
    public Task<StreamEntry[]> StreamReadGroupAsync(
        RedisArgument key,
        RedisArgument group,
        RedisArgument consumer,
        int count,
        StreamId? pendingAfter = null,
        CancellationToken cancellationToken = default) =>
        SendAsync(
            ["XREADGROUP", "GROUP", group, consumer, "COUNT", count, "STREAMS", key, pendingAfter is { } id ? id : ">"],
            StreamReplies.OneStream,
            cancellationToken);

    /// <summary>XACK of one entry; true when it was pending, false when someone acknowledged it before.</summary>
    public Task<bool> StreamAcknowledgeAsync(
        RedisArgument key, RedisArgument group, StreamId id, CancellationToken cancellationToken = default) =>
        SendAsync(["XACK", key, group, id], Replies.IsOne, cancellationToken);

    /// <summary>XACK; the number of entries that were pending.</summary>
    public Task<long> StreamAcknowledgeAsync(
        RedisArgument key, RedisArgument group, ReadOnlySpan<StreamId> ids, CancellationToken cancellationToken = default)
    {
        var arguments = new ArgumentList(ids.Length + 3);
        arguments.Add("XACK", key, group);
        arguments.Add(ids);
        return SendAsync(ref arguments, Replies.Integer, cancellationToken);
    }

    /// <summary>
    /// XAUTOCLAIM: makes up to <paramref name="count"/> entries that have been pending for <paramref name="minIdle"/> this
    /// consumer's, counting a delivery. Call again with the result's Next until that is zero.
    /// </summary>
    public Task<StreamClaim> StreamAutoClaimAsync(
        RedisArgument key,
        RedisArgument group,
        RedisArgument consumer,
        TimeSpan minIdle,
        StreamId start = default,
        int count = 100,
        CancellationToken cancellationToken = default) =>
        SendAsync(
            ["XAUTOCLAIM", key, group, consumer, (long)minIdle.TotalMilliseconds, start, "COUNT", count],
            StreamReplies.Claim,
            cancellationToken);

    /// <summary>
    /// XCLAIM: makes those of these entries that have been pending for <paramref name="minIdle"/> this consumer's, counting a
    /// delivery, and returns them. Of several consumers that claim an entry at once, only one gets it.
    /// </summary>
    public Task<StreamEntry[]> StreamClaimAsync(
        RedisArgument key,
        RedisArgument group,
        RedisArgument consumer,
        TimeSpan minIdle,
        ReadOnlySpan<StreamId> ids,
        CancellationToken cancellationToken = default)
    {
        var arguments = new ArgumentList(ids.Length + 5);
        arguments.Add("XCLAIM", key, group, consumer, (long)minIdle.TotalMilliseconds);
        arguments.Add(ids);
        return SendAsync(ref arguments, StreamReplies.Entries, cancellationToken);
    }

    /// <summary>
    /// XCLAIM JUSTID: makes these pending entries this consumer's and restarts their idle time, without counting a delivery; on
    /// entries of its own it says "still working on it". Returns the ids that it has now.
    /// </summary>
    public Task<StreamId[]> StreamRenewAsync(
        RedisArgument key,
        RedisArgument group,
        RedisArgument consumer,
        ReadOnlySpan<StreamId> ids,
        CancellationToken cancellationToken = default)
    {
        var arguments = new ArgumentList(ids.Length + 6);
        arguments.Add("XCLAIM", key, group, consumer, 0);
        arguments.Add(ids);
        arguments.Add("JUSTID");
        return SendAsync(ref arguments, StreamReplies.Ids, cancellationToken);
    }

    /// <summary>XPENDING in short.</summary>
    public Task<StreamPendingSummary> StreamPendingAsync(
        RedisArgument key, RedisArgument group, CancellationToken cancellationToken = default) =>
        SendAsync(["XPENDING", key, group], StreamReplies.PendingSummary, cancellationToken);

    /// <summary>How many entries a group has been given and not acknowledged; none while nobody has made the group.</summary>
    public async Task<long> StreamPendingCountAsync(RedisArgument key, RedisArgument group, CancellationToken cancellationToken = default)
    {
        try
        {
            return (await StreamPendingAsync(key, group, cancellationToken)).Count;
        }
        catch (RedisServerException error) when (error.Code == "NOGROUP")
        {
            return 0;
        }
    }

    /// <summary>XPENDING entry by entry, from id to id, both included; of one consumer, or idle for some time, if so asked.</summary>
    public Task<StreamPendingEntry[]> StreamPendingRangeAsync(
        RedisArgument key,
        RedisArgument group,
        int count,
        StreamId? from = null,
        StreamId? to = null,
        string? consumer = null,
        TimeSpan? minIdle = null,
        CancellationToken cancellationToken = default)
    {
        var arguments = new ArgumentList(9);
        arguments.Add("XPENDING", key, group);
        if (minIdle is { } idle)
            arguments.Add("IDLE", (long)idle.TotalMilliseconds);
        arguments.Add(from is { } first ? first : "-", to is { } last ? last : "+", count);
        if (consumer is not null)
            arguments.Add((RedisArgument)consumer);
        return SendAsync(ref arguments, StreamReplies.PendingRange, cancellationToken);
    }

    /// <summary>XINFO GROUPS.</summary>
    public Task<StreamGroupInfo[]> StreamGroupsAsync(RedisArgument key, CancellationToken cancellationToken = default) =>
        SendAsync(["XINFO", "GROUPS", key], StreamReplies.Groups, cancellationToken);

    /// <summary>XINFO CONSUMERS.</summary>
    public Task<StreamConsumerInfo[]> StreamConsumersAsync(
        RedisArgument key, RedisArgument group, CancellationToken cancellationToken = default) =>
        SendAsync(["XINFO", "CONSUMERS", key, group], StreamReplies.Consumers, cancellationToken);
}
