using Speech.Delivery;
using Speech.Delivery.Jobs;
using StackExchange.Redis;

namespace Speech.Gateway.Admission;

/// <summary>
/// Whose segment may go into the queue. Live speech goes in at once; what is sent faster than it was spoken (a recording, a flood) only
/// while there is little in it, what the workers do at once and a little to follow: they are kept busy, and whoever speaks finds next to
/// nobody before it, however many send recordings. These pass the turnstile of their shard, client by client. Nothing is dropped: who waits
/// here is not listened to meanwhile.
/// <para>
/// Each gateway has its own turnstiles, and takes room with the others as it comes. With STREAM_SHARDS above 1 each shard has its share of
/// both bounds, rounded up.
/// </para>
/// </summary>
internal sealed class QueueAdmission(
    GatewayOptions options, JobOptions jobOptions, AudioJobQueue jobs, WorkerSlots slots, IHostApplicationLifetime lifetime,
    TimeProvider time)
{
    // Beside what is being worked on: a quarter as much, so that a place that becomes free is taken at once.
    private const double Following = 0.25;

    // When no worker is known.
    private const int LeastBulk = 8;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(8);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<RedisShard, Turnstile> _turnstiles = jobOptions.Shards.All.ToDictionary(
        shard => shard, _ => new Turnstile());
    private TaskCompletionSource _result = NewResult();

    /// <summary>The gateway goes away: what it has accepted goes into the queue whatever is there.</summary>
    public bool IsOpenToAll => lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>Segments at a time, of all clients, that wait here because they are no live speech.</summary>
    public int Waiting => _turnstiles.Values.Sum(turnstile => turnstile.Waiting);

    /// <summary>Entries that a client's shard may have with a segment that is not live.</summary>
    public int MostForBulk =>
        ShareOf(Math.Min(options.MaxQueueDepth, slots.Count > 0 ? slots.Count + (int)Math.Ceiling(Following * slots.Count) : LeastBulk));

    /// <summary>Entries that a client's shard may have with a live segment of someone who has another in it.</summary>
    public int MostForLive => ShareOf(options.MaxQueueDepth);

    /// <summary>Takes a place for a client's next segment.</summary>
    /// <param name="isFirstOfClient">Asked of a live one again and again: whether its client has nothing else in the queue.</param>
    public QueuePlace Join(string clientId, bool isLive, Func<bool> isFirstOfClient) =>
        new(this, clientId, isLive ? null : _turnstiles[jobOptions.Shards.Of(clientId)].Join(), isFirstOfClient, time);

    /// <summary>A result has come, so there is room.</summary>
    public void NoteResult()
    {
        if (_turnstiles.Values.All(turnstile => turnstile.Waiting == 0))
            return;
        Interlocked.Exchange(ref _result, NewResult()).TrySetResult();
    }

    /// <summary>Waits until a client's shard has fewer entries, or it is open to all, or for a while; looks at once.</summary>
    /// <returns>Whether it may be tried: whether there still is room shows when the segment is written.</returns>
    /// <exception cref="StackExchange.Redis.RedisException">Redis cannot be asked.</exception>
    public async Task<bool> HasRoomAsync(string clientId, Func<int> most, TimeSpan patience, CancellationToken cancellationToken)
    {
        var shard = jobOptions.Shards.Of(clientId);
        var since = time.GetTimestamp();
        for (var pause = ShortestPause; ; pause = pause * 1.5 < LongestPause ? pause * 1.5 : LongestPause)
        {
            var result = Volatile.Read(ref _result).Task;
            if (IsOpenToAll || most() is var limit && (limit == 0 || await jobs.DepthAsync(shard, cancellationToken) < limit))
                return true;
            if (time.GetElapsedTime(since) > patience)
                return false;
            try
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
                await result.WaitAsync(pause * (0.75 + Random.Shared.NextDouble() / 2), time, either.Token);
            }
            catch (TimeoutException)
            {
                // Results of other gateways' clients make room, too.
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Open to all from now on.
            }
        }
    }

    private int ShareOf(int entries) => (entries + jobOptions.Shards.All.Count - 1) / jobOptions.Shards.All.Count;

    private static TaskCompletionSource NewResult() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
