using System.Threading.Channels;
using Speech.Contracts;
using Speech.Hosting;
using Speech.Redis;

namespace Speech.Gateway.Sessions;

/// <summary>
/// Brings one client's segments to Redis, in order, however long Redis is away, and tells the client how far its audio is safe. What has
/// been accepted here is never dropped, not even when the client is gone; only the shutdown of the gateway sets an end to trying.
/// <para>
/// The queue between session and publisher is bounded twice: by the number of outstanding segments (the session reads no further), and,
/// since a session that ends does not wait for that any more, by the channel.
/// </para>
/// </summary>
internal sealed partial class SegmentPublisher
{
    // Beyond what may be outstanding: what one message, the last one, can hold.
    private const int ExtraRoom = 256;

    private static readonly TimeSpan WarnAfter = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly string _clientId;
    private readonly AudioJobQueue _jobs;
    private readonly SessionStore _store;
    private readonly OutgoingMessages _outgoing;
    private readonly Func<long> _lastSeq;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<Item> _queue;
    private double _committed;

    /// <param name="lastSeq">The last seq that the gateway has seen for the client.</param>
    /// <param name="committedSeconds">What the client has been told so far.</param>
    public SegmentPublisher(
        string clientId, SessionServices services, OutgoingMessages outgoing, Func<long> lastSeq, double committedSeconds, ILogger logger)
    {
        _clientId = clientId;
        _jobs = services.Jobs;
        _store = services.Store;
        _outgoing = outgoing;
        _lastSeq = lastSeq;
        _time = services.Time;
        _logger = logger;
        _committed = committedSeconds;
        _queue = Channel.CreateBounded<Item>(
            new BoundedChannelOptions(services.Options.MaxOutstandingSegments + ExtraRoom) { SingleReader = true });
    }

    /// <summary>Takes a segment over.</summary>
    public ValueTask AcceptAsync(AudioJob job, CancellationToken cancellationToken) => _queue.Writer.WriteAsync(new Item(job, job.End), cancellationToken);

    /// <summary>After the segments before it: the audio up to here needs no job. Forgotten when there is no room.</summary>
    public void Mark(double committedSeconds) => _queue.Writer.TryWrite(new Item(null, committedSeconds));

    /// <summary>Nothing more comes.</summary>
    public void Complete() => _queue.Writer.TryComplete();

    /// <summary>Publishes until complete and empty.</summary>
    /// <param name="cancellationToken">Gives up what is left, which is logged.</param>
    /// <returns>False when the client's numbers have moved on without us: it is being served elsewhere.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var item in _queue.Reader.ReadAllAsync(cancellationToken))
            {
                if (!await PublishAsync(item, cancellationToken))
                {
                    Log.TakenOver(_logger, _clientId, item.Job!.Segment);
                    _queue.Writer.TryComplete();
                    return false;
                }
                if (item.CommittedSeconds > _committed)
                {
                    _committed = item.CommittedSeconds;
                    await _outgoing.SendAsync(new Committed(_committed), cancellationToken);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Log.GaveUp(_logger, _clientId, _committed);
        }
        return true;
    }

    private async Task<bool> PublishAsync(Item item, CancellationToken cancellationToken)
    {
        var publishing = PatientlyAsync(item, cancellationToken);
        try
        {
            return await publishing.WaitAsync(WarnAfter, _time, cancellationToken);
        }
        catch (TimeoutException) when (!publishing.IsCompleted)
        {
            const string Message = "The queue cannot be reached. Your audio is held here until it can; keep what is not committed.";
            await _outgoing.SendAsync(new Warning("queue_unreachable", Message), cancellationToken);
            return await publishing;
        }
    }

    /// <summary>
    /// The calls themselves wait for a Redis that is away. What they do not wait for (out of memory, a password that was changed) someone
    /// has to mend, and may.
    /// </summary>
    private async Task<bool> PatientlyAsync(Item item, CancellationToken cancellationToken)
    {
        for (var pause = ShortestPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                if (item.Job is not null)
                    return await _jobs.EnqueueAsync(item.Job, item.CommittedSeconds, _lastSeq(), cancellationToken) != EnqueueResult.OutOfOrder;
                await _store.KeepAliveAsync(_clientId, item.CommittedSeconds, cancellationToken);
                return true;
            }
            catch (RedisException e)
            {
                Log.Refused(_logger, _clientId, e.Message);
                await Task.Delay(pause, _time, cancellationToken);
            }
        }
    }

    private readonly record struct Item(AudioJob? Job, double CommittedSeconds);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Redis refuses a segment of {ClientId}, trying again: {Reason}")]
        public static partial void Refused(ILogger logger, string clientId, string reason);

        [LoggerMessage(2, LogLevel.Warning, "Segment {Segment} of {ClientId} is not the next one: the client has moved to another gateway")]
        public static partial void TakenOver(ILogger logger, string clientId, int segment);

        [LoggerMessage(3, LogLevel.Error, "Gave up on the audio of {ClientId} after {CommittedSeconds} s: Redis did not take it before shutdown. A client that resumes sends it again")]
        public static partial void GaveUp(ILogger logger, string clientId, double committedSeconds);
    }
}
