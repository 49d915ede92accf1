namespace Speech.Redis;

/// <summary>Readings of the stream commands' replies.</summary>
internal static class StreamReplies
{
    public static readonly Func<RespValue, StreamId> Id = ReadId;

    public static readonly Func<RespValue, StreamId?> IdOrNull = static reply => reply.IsNull ? null : ReadId(reply);

    public static readonly Func<RespValue, StreamId[]> Ids = static reply => Map(reply, ReadId);

    public static readonly Func<RespValue, StreamEntry[]> Entries = ReadEntries;

    public static readonly Func<RespValue, StreamEntries[]> Streams = ReadStreams;

    /// <summary>The entries of the one stream that was asked for.</summary>
    public static readonly Func<RespValue, StreamEntry[]> OneStream = static reply =>
        ReadStreams(reply) is [var stream, ..] ? stream.Entries : [];

    public static readonly Func<RespValue, StreamClaim> Claim = static reply =>
    {
        var items = reply.RequiredItems(2);
        var entries = ReadEntries(items[1]); // servers before 7.0 give null for a deleted entry, without its id: left out here
        return new(ReadId(items[0]), entries, items.Length > 2 ? Map(items[2], ReadId) : []);
    };

    public static readonly Func<RespValue, StreamPendingSummary> PendingSummary = static reply =>
    {
        var items = reply.RequiredItems(4);
        var consumers = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var consumer in items[3].Items)
            consumers[consumer.RequiredItems(2)[0].RequiredString] = consumer[1].AsInt64();
        return new(items[0].AsInt64(), IdOrNull(items[1]), IdOrNull(items[2]), consumers);
    };

    public static readonly Func<RespValue, StreamPendingEntry[]> PendingRange = static reply => Map(reply, static item =>
    {
        var fields = item.RequiredItems(4);
        return new StreamPendingEntry(
            ReadId(fields[0]), fields[1].RequiredString, Milliseconds(fields[2].AsInt64()), fields[3].AsInt64());
    });

    public static readonly Func<RespValue, StreamInfo> Info = static reply => new(
        Required(reply, "length").AsInt64(),
        ReadId(Required(reply, "last-generated-id")),
        Required(reply, "groups").AsInt64(),
        Optional(reply, "first-entry") is { } first ? ReadEntry(first) : null,
        Optional(reply, "last-entry") is { } last ? ReadEntry(last) : null);

    public static readonly Func<RespValue, StreamGroupInfo[]> Groups = static reply => Map(reply, static group => new StreamGroupInfo(
        Required(group, "name").RequiredString,
        Required(group, "consumers").AsInt64(),
        Required(group, "pending").AsInt64(),
        ReadId(Required(group, "last-delivered-id")),
        Optional(group, "entries-read")?.AsInt64(),
        Optional(group, "lag")?.AsInt64()));

    public static readonly Func<RespValue, StreamConsumerInfo[]> Consumers = static reply => Map(reply, static consumer =>
        new StreamConsumerInfo(
            Required(consumer, "name").RequiredString,
            Required(consumer, "pending").AsInt64(),
            Milliseconds(Required(consumer, "idle").AsInt64()),
            Optional(consumer, "inactive")?.AsInt64() is >= 0 and var inactive ? Milliseconds(inactive) : null));

    private static StreamId ReadId(RespValue value) => StreamId.TryParse(value.RequiredBytes, out var id) ? id
        : throw new RedisProtocolException($"The server's reply has '{value}' where a stream id should be.");

    private static StreamEntry[] ReadEntries(RespValue reply)
    {
        if (reply.IsNull)
            return [];
        var items = reply.RequiredItems();
        var entries = new List<StreamEntry>(items.Length);
        foreach (ref readonly var item in items)
        {
            if (!item.IsNull)
                entries.Add(ReadEntry(item));
        }
        return [.. entries];
    }

    // [id, [name, value, …]]; the fields are null when a pending entry no longer exists.
    private static StreamEntry ReadEntry(RespValue value)
    {
        var parts = value.RequiredItems(2);
        var id = ReadId(parts[0]);
        return parts[1].IsNull ? new(id, default, IsDeleted: true) : new(id, new RedisFields(parts[1]));
    }

    // RESP3: a map from key to entries. Null when there was nothing to read.
    private static StreamEntries[] ReadStreams(RespValue reply)
    {
        if (reply.IsNull)
            return [];
        var items = reply.RequiredItems();
        if (reply.Kind != RespKind.Map)
            throw new RedisProtocolException($"The server's reply is a {reply.Kind}, where a map of streams was expected.");
        var streams = new StreamEntries[items.Length / 2];
        for (var i = 0; i < streams.Length; i++)
            streams[i] = new(items[2 * i].RequiredString, ReadEntries(items[2 * i + 1]));
        return streams;
    }

    private static T[] Map<T>(RespValue reply, Func<RespValue, T> read)
    {
        var items = reply.RequiredItems();
        var results = new T[items.Length];
        for (var i = 0; i < results.Length; i++)
            results[i] = read(items[i]);
        return results;
    }

    private static RespValue? Optional(RespValue map, string field) => map.TryGet(field, out var value) && !value.IsNull ? value : null;

    private static RespValue Required(RespValue map, string field) => Optional(map, field)
        ?? throw new RedisProtocolException($"The server's reply lacks '{field}': {map}");

    private static TimeSpan Milliseconds(long milliseconds) => milliseconds is >= 0 and <= 1L << 50
        ? TimeSpan.FromMilliseconds(milliseconds)
        : throw new RedisProtocolException($"The server's reply has {milliseconds} where milliseconds should be.");
}
