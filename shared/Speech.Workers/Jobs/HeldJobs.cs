using System.Collections.Concurrent;
using Speech.Delivery.Jobs;
using Speech.Redis;
using Speech.Workers.Model;

namespace Speech.Workers.Jobs;

/// <summary>
/// The jobs that this worker answers for, from the moment they are read until Redis has their result: what is held is renewed,
/// counts against the worker's capacity, and is given back when the worker leaves.
/// </summary>
public sealed class HeldJobs(WorkerCapacity capacity)
{
    private readonly ConcurrentDictionary<(string Stream, StreamId Id), JobDelivery> _held = [];
    private readonly Occupancy _occupancy = new();

    public int Count => _occupancy.Count;

    /// <summary>
    /// How many more to ask for. The reader and the claiming of abandoned jobs may both do so at once, so twice the slots can come; and
    /// with STREAM_SHARDS, one more from each of them.
    /// </summary>
    public int Free => Math.Max(0, capacity.Slots - Count);

    public bool Contains(JobStream stream, StreamId id) => _held.ContainsKey((stream.Key, id));

    public IReadOnlyCollection<JobDelivery> All => [.. _held.Values];

    /// <summary>False when it is held already: it was claimed from this very worker, which must not do it twice.</summary>
    public bool TryHold(JobDelivery delivery)
    {
        if (!_held.TryAdd((delivery.Stream.Key, delivery.Id), delivery))
            return false;
        _occupancy.Enter();
        return true;
    }

    public void LetGo(JobDelivery delivery)
    {
        if (_held.TryRemove((delivery.Stream.Key, delivery.Id), out _))
            _occupancy.Leave();
    }

    /// <summary>Waits until another can be asked for. Once the model is loaded, there are slots.</summary>
    public Task WaitForRoomAsync(CancellationToken cancellationToken) => WaitUntilAtMostAsync(capacity.Slots - 1, cancellationToken);

    public Task WaitUntilAtMostAsync(int count, CancellationToken cancellationToken) =>
        _occupancy.WaitUntilAtMostAsync(count, cancellationToken);
}
