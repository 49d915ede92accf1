using StackExchange.Redis;

namespace Speech.Redis;

public sealed partial class RedisClient
{
    /// <summary>XADD; the new entry's id, which the server chooses unless <paramref name="id"/> is given.</summary>
    public async Task<StreamId> StreamAddAsync(
        RedisKey key, NameValueEntry[] fields, StreamId? id = null, CancellationToken cancellationToken = default) =>
        StreamId.From(await RunAsync(database => database.StreamAddAsync(key, fields, Value(id), limit: null), cancellationToken));

    /// <summary>XLEN; 0 when there is no such stream.</summary>
    public Task<long> StreamLengthAsync(RedisKey key, CancellationToken cancellationToken = default) =>
        RunAsync(database => database.StreamLengthAsync(key), cancellationToken);

    /// <summary>XRANGE: entries from <paramref name="from"/> to <paramref name="to"/>, both included, oldest first.</summary>
    public Task<StreamEntry[]> StreamRangeAsync(
        RedisKey key, StreamId? from = null, StreamId? to = null, int? count = null, CancellationToken cancellationToken = default) =>
        RunAsync(database => database.StreamRangeAsync(key, Value(from), Value(to), count), cancellationToken);

    /// <summary>XDEL; the number of entries there were. Groups that have them pending keep their ids.</summary>
    public Task<long> StreamDeleteAsync(RedisKey key, StreamId[] ids, CancellationToken cancellationToken = default) =>
        RunAsync(database => database.StreamDeleteAsync(key, Values(ids)), cancellationToken);

    /// <summary>
    /// XGROUP CREATE MKSTREAM: makes sure that the stream and the group exist. A new group starts from the beginning of the stream, so that
    /// nothing written before it is lost. True when the group is new.
    /// </summary>
    public async Task<bool> EnsureGroupAsync(RedisKey key, RedisValue group, CancellationToken cancellationToken = default)
    {
        try
        {
            return await RunAsync(
                database => database.StreamCreateConsumerGroupAsync(key, group, StreamPosition.Beginning, createStream: true),
                cancellationToken);
        }
        catch (RedisServerException e) when (e.Code == "BUSYGROUP")
        {
            return false;
        }
    }

    /// <summary>
    /// XREADGROUP without waiting: up to <paramref name="count"/> new entries or, with <paramref name="pendingAfter"/>, those this
    /// consumer was given before (after that id) and has not acknowledged; of the latter some may be deleted.
    /// </summary>
    public Task<StreamEntry[]> StreamReadGroupAsync(
        RedisKey key,
        RedisValue group,
        RedisValue consumer,
        int count,
        StreamId? pendingAfter = null,
        CancellationToken cancellationToken = default) =>
        RunAsync(
            database => database.StreamReadGroupAsync(key, group, consumer, Value(pendingAfter) ?? StreamPosition.NewMessages, count),
            cancellationToken);

    /// <summary>XACK; the number of entries that were pending.</summary>
    public Task<long> StreamAcknowledgeAsync(
        RedisKey key, RedisValue group, StreamId[] ids, CancellationToken cancellationToken = default) =>
        RunAsync(database => database.StreamAcknowledgeAsync(key, group, Values(ids)), cancellationToken);

    /// <summary>
    /// XCLAIM: makes those of these entries that have been pending for <paramref name="minIdle"/> this consumer's, counting a
    /// delivery, and returns them. Of several consumers that claim an entry at once, only one gets it.
    /// </summary>
    public Task<StreamEntry[]> StreamClaimAsync(
        RedisKey key,
        RedisValue group,
        RedisValue consumer,
        TimeSpan minIdle,
        StreamId[] ids,
        CancellationToken cancellationToken = default) =>
        RunAsync(
            database => database.StreamClaimAsync(key, group, consumer, (long)minIdle.TotalMilliseconds, Values(ids)), cancellationToken);

    /// <summary>
    /// XCLAIM JUSTID: makes these pending entries this consumer's and restarts their idle time, without counting a delivery; on
    /// entries of its own it says "still working on it". Returns the ids that it has now.
    /// </summary>
    public async Task<StreamId[]> StreamRenewAsync(
        RedisKey key, RedisValue group, RedisValue consumer, StreamId[] ids, CancellationToken cancellationToken = default) =>
        [
            .. (await RunAsync(database => database.StreamClaimIdsOnlyAsync(key, group, consumer, 0, Values(ids)), cancellationToken))
                .Select(StreamId.From),
        ];

    /// <summary>XPENDING in short.</summary>
    public Task<StreamPendingInfo> StreamPendingAsync(RedisKey key, RedisValue group, CancellationToken cancellationToken = default) =>
        RunAsync(database => database.StreamPendingAsync(key, group), cancellationToken);

    /// <summary>How many entries a group has been given and not acknowledged; none while nobody has made the group.</summary>
    public async Task<long> StreamPendingCountAsync(RedisKey key, RedisValue group, CancellationToken cancellationToken = default)
    {
        try
        {
            return (await StreamPendingAsync(key, group, cancellationToken)).PendingMessageCount;
        }
        catch (RedisServerException error) when (error.Code == "NOGROUP")
        {
            return 0;
        }
    }

    /// <summary>XPENDING entry by entry, from id to id, both included; of one consumer, or idle for some time, if so asked.</summary>
    public Task<StreamPendingMessageInfo[]> StreamPendingRangeAsync(
        RedisKey key,
        RedisValue group,
        int count,
        StreamId? from = null,
        StreamId? to = null,
        string? consumer = null,
        TimeSpan? minIdle = null,
        CancellationToken cancellationToken = default) =>
        RunAsync(
            database => database.StreamPendingMessagesAsync(
                key, group, count, consumer, Value(from), Value(to), (long?)minIdle?.TotalMilliseconds),
            cancellationToken);

    /// <summary>XINFO CONSUMERS.</summary>
    public Task<StreamConsumerInfo[]> StreamConsumersAsync(RedisKey key, RedisValue group, CancellationToken cancellationToken = default) =>
        RunAsync(database => database.StreamConsumerInfoAsync(key, group), cancellationToken);

    private static RedisValue? Value(StreamId? id) => id is { } given ? given : default(RedisValue?);

    private static RedisValue[] Values(StreamId[] ids) => Array.ConvertAll(ids, id => (RedisValue)id);
}
