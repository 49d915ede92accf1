using StackExchange.Redis;

namespace Speech.Redis;

/// <summary>The entries that one read brought from one of several streams.</summary>
public readonly record struct StreamEntries(string Key, StreamEntry[] Entries);
