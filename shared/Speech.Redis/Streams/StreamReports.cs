namespace Speech.Redis;

/// <summary>One step of XAUTOCLAIM.</summary>
/// <param name="Next">Where the next step starts; <see cref="StreamId.Zero"/> when the whole list has been gone through.</param>
/// <param name="Entries">The entries claimed.</param>
/// <param name="Deleted">Pending entries that no longer exist in the stream; the server has dropped them from the list.</param>
public sealed record StreamClaim(StreamId Next, StreamEntry[] Entries, StreamId[] Deleted);

/// <summary>XPENDING in short: how much a group has been given and has not acknowledged.</summary>
/// <param name="Min">Smallest pending id; null when nothing is pending.</param>
/// <param name="Max">Greatest pending id; null when nothing is pending.</param>
public sealed record StreamPendingSummary(long Count, StreamId? Min, StreamId? Max, IReadOnlyDictionary<string, long> Consumers);

/// <summary>One pending entry.</summary>
/// <param name="Idle">Time since it was last delivered (or claimed).</param>
/// <param name="Deliveries">How often it was delivered.</param>
public readonly record struct StreamPendingEntry(StreamId Id, string Consumer, TimeSpan Idle, long Deliveries);

/// <summary>XINFO STREAM.</summary>
public sealed record StreamInfo(long Length, StreamId LastGeneratedId, long Groups, StreamEntry? FirstEntry, StreamEntry? LastEntry);

/// <summary>XINFO GROUPS, one group.</summary>
/// <param name="Lag">Entries of the stream not yet delivered to the group; null where the server cannot tell.</param>
public sealed record StreamGroupInfo(string Name, long Consumers, long Pending, StreamId LastDeliveredId, long? EntriesRead, long? Lag);

/// <summary>XINFO CONSUMERS, one consumer.</summary>
/// <param name="Idle">Time since it last tried to read.</param>
/// <param name="Inactive">Time since it last got something; null if never, or on servers before 7.2.</param>
public sealed record StreamConsumerInfo(string Name, long Pending, TimeSpan Idle, TimeSpan? Inactive);
