using Speech.Redis;

namespace Speech.Hosting;

/// <summary>A job that a worker has been given.</summary>
/// <param name="Stream">Where it was read.</param>
/// <param name="Id">Its entry there.</param>
/// <param name="ClientId">Whose it is.</param>
public readonly record struct JobEntry(JobStream Stream, StreamId Id, string ClientId);
