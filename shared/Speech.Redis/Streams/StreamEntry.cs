namespace Speech.Redis;

/// <summary>
/// One entry of a stream. A pending entry that was deleted or trimmed meanwhile still has its id but nothing else:
/// <see cref="IsDeleted"/>; acknowledge it to be rid of it.
/// </summary>
public readonly record struct StreamEntry(StreamId Id, RedisFields Fields, bool IsDeleted = false);

/// <summary>The entries that one read brought from one of several streams.</summary>
public readonly record struct StreamEntries(string Key, StreamEntry[] Entries);
