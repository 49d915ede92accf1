using System.Threading.Channels;
using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery.Sessions;
using Speech.Gateway.Admission;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Gateway.Sessions;

/// <summary>
/// Brings one client's segments to Redis, in order, however long Redis is away, and tells the client how far its audio is safe. What has
/// been accepted here is never dropped, not even when the client is gone; only the shutdown of the gateway sets an end to trying.
/// <para>
/// Live segments go into the queue at once; others when it is their client's turn and there is room (<see cref="QueueAdmission"/>).
/// </para>
/// <para>
/// The queue between session and publisher is bounded twice: by the number of outstanding segments (the session reads no further), and,
/// since a session that ends does not wait for that any more, by the channel.
/// </para>
/// <para>
/// Should Redis have lost the session, it is made anew with the numbers that are known here, and the client is sent a failure for each
/// result that will not come any more; then things go on. So they do when it has lost the jobs and not the session.
/// </para>
/// </summary>
internal sealed partial class SegmentPublisher
{
    // Beyond what may be outstanding: what one message, the last one, can hold.
    private const int ExtraRoom = 256;

    // Not live and accepted: enough to have the next one ready, and to lie here while Redis is away. More would only lie here.
    private const int MostBulk = 4;

    private static readonly TimeSpan WarnAfter = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly string _clientId;
    private readonly SessionHold _hold;
    private readonly HeldAudio _held;
    private readonly QueueAdmission _admission;
    private readonly OutgoingMessages _outgoing;
    private readonly OutstandingSegments _outstanding;
    private readonly LossWatch _losses;
    private readonly Func<long> _lastSeq;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<Item> _queue;

    // One token for each accepted segment that is not live.
    private readonly Channel<bool> _bulk = Channel.CreateBounded<bool>(MostBulk);
    private SessionProgress _progress;
    private int _published;
    private bool _isUnreachable;

    /// <param name="lastSeq">The last seq that the gateway has seen for the client.</param>
    /// <param name="segments">Queued before.</param>
    /// <param name="progress">What the client has been told so far.</param>
    public SegmentPublisher(
        string clientId,
        SessionServices services,
        SessionHold hold,
        OutgoingMessages outgoing,
        OutstandingSegments outstanding,
        LossWatch losses,
        Func<long> lastSeq,
        int segments,
        SessionProgress progress,
        ILogger logger)
    {
        _clientId = clientId;
        _hold = hold;
        _held = services.Held;
        _admission = services.Admission;
        _outgoing = outgoing;
        _outstanding = outstanding;
        _losses = losses;
        _lastSeq = lastSeq;
        _published = segments;
        _time = services.Time;
        _logger = logger;
        _progress = progress;
        _queue = Channel.CreateBounded<Item>(
            new BoundedChannelOptions(services.Options.MaxOutstandingSegments + ExtraRoom) { SingleReader = true });
    }

    /// <summary>Takes a segment over, unless another gateway has the client by now.</summary>
    /// <param name="isLive">It was sent as it was spoken; else see <see cref="BulkRoomAsync"/>.</param>
    public async ValueTask AcceptAsync(AudioJob job, SessionProgress progress, bool isLive, CancellationToken cancellationToken)
    {
        _held.Add(job.Audio.Length);
        try
        {
            await _queue.Writer.WriteAsync(new Item(job, progress, isLive), cancellationToken);
        }
        catch (Exception e)
        {
            _held.Remove(job.Audio.Length);
            if (e is not ChannelClosedException)
                throw;
        }
    }

    /// <summary>To be waited for before a segment that is not live is accepted: until the client has few of them here.</summary>
    public ValueTask BulkRoomAsync(CancellationToken cancellationToken) => _bulk.Writer.WriteAsync(true, cancellationToken);

    /// <summary>After the segments before it: the audio up to here needs no job. Forgotten when there is no room.</summary>
    public void Mark(SessionProgress progress) => _queue.Writer.TryWrite(new Item(null, progress, true));

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
                if (!await PublishHeldAsync(item, cancellationToken))
                {
                    Log.TakenOver(_logger, _clientId, _published);
                    return false;
                }
                if (item.Job is not null)
                    _published = item.Job.Segment + 1;
                var isNews = item.Progress.CommittedSeconds > _progress.CommittedSeconds;
                if (item.Progress.CommittedSeconds >= _progress.CommittedSeconds)
                    _progress = item.Progress;
                if (isNews)
                    await _outgoing.SendAsync(new Committed(_progress.CommittedSeconds), cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Log.GaveUp(_logger, _clientId, _progress.CommittedSeconds);
        }
        finally
        {
            _queue.Writer.TryComplete();
            while (_queue.Reader.TryRead(out var left))
                LetGo(left);
        }
        return true;
    }

    /// <summary>
    /// After <see cref="RunAsync"/>, while results are waited for: keeps the session, and finds out whether Redis has lost what is waited
    /// for.
    /// </summary>
    /// <returns>As that of <see cref="RunAsync"/>.</returns>
    public Task<bool> CheckAsync(CancellationToken cancellationToken) =>
        PatientlyAsync(new Item(null, _progress, true), tells: false, cancellationToken);

    private async Task<bool> PublishHeldAsync(Item item, CancellationToken cancellationToken)
    {
        try
        {
            return await PatientlyAsync(item, tells: true, cancellationToken);
        }
        finally
        {
            LetGo(item);
        }
    }

    private void LetGo(Item item)
    {
        if (item.Job is null)
            return;
        _held.Remove(item.Job.Audio.Length);
        if (!item.IsLive)
            _bulk.Reader.TryRead(out _); // none of what a session accepted when it had ended
    }

    /// <summary>
    /// The calls themselves wait for a Redis that is away. What they do not wait for (out of memory, a password that was changed) someone
    /// has to mend, and may.
    /// </summary>
    /// <param name="tells">The client is to know when it takes long.</param>
    private async Task<bool> PatientlyAsync(Item item, bool tells, CancellationToken cancellationToken)
    {
        var failingSince = (long?)null;
        for (var pause = ShortestPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                var result = item.Job is not null
                    ? await EnqueueAsync(item, cancellationToken)
                    : tells ? await UnlessSlowAsync(_hold.KeepAliveAsync(item.Progress, cancellationToken), cancellationToken)
                    : await _hold.KeepAliveAsync(item.Progress, cancellationToken);
                if (result == HoldResult.Lost)
                {
                    if (!await RestoreAsync(cancellationToken))
                        return false;
                    continue;
                }
                if (result == HoldResult.Done && item.Job is null
                    && await _losses.CheckAsync(_published, cancellationToken) is > 0 and var lost)
                    Log.JobsLost(_logger, _clientId, lost);
                _isUnreachable = false;
                return result == HoldResult.Done;
            }
            catch (RedisException e)
            {
                Log.Refused(_logger, _clientId, e.Message);
                failingSince ??= _time.GetTimestamp();
                await Task.Delay(pause, _time, cancellationToken);
                if (tells && _time.GetElapsedTime(failingSince.Value) >= WarnAfter)
                    await WarnAsync(cancellationToken);
            }
        }
    }

    /// <summary>Puts a segment into the queue as soon as it may be there.</summary>
    private async Task<HoldResult> EnqueueAsync(Item item, CancellationToken cancellationToken)
    {
        using var place = _admission.Join(_clientId, item.IsLive, () => _outstanding.HasRoom(item.Job!.Segment, 1));
        while (true)
        {
            if (await place.MayTryAsync(SessionAudio.KeepAliveInterval, cancellationToken))
            {
                var result = await UnlessSlowAsync(
                    _hold.EnqueueAsync(item.Job!, item.Progress, _lastSeq(), place.Most, cancellationToken), cancellationToken);
                if (result != HoldResult.NoRoom)
                    return result;
            }
            // However long it lasts, the session must not expire; and whoever has moved on must not stand in others' way.
            else if (await _hold.KeepAliveAsync(_progress, cancellationToken) is not HoldResult.Done and var result)
            {
                return result;
            }
        }
    }

    /// <summary>Tells the client when Redis takes its time.</summary>
    private async Task<HoldResult> UnlessSlowAsync(Task<HoldResult> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call.WaitAsync(WarnAfter, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            if (!call.IsCompleted) // else it came through at that very moment
                await WarnAsync(cancellationToken);
            return await call;
        }
    }

    /// <summary>Once, until it can be reached again.</summary>
    private async ValueTask WarnAsync(CancellationToken cancellationToken)
    {
        if (_isUnreachable)
            return;
        _isUnreachable = true;
        const string Message = "The queue cannot be reached. Your audio is held here until it can; keep what is not committed.";
        await _outgoing.SendAsync(new Warning("queue_unreachable", Message), cancellationToken);
    }

    private Task<bool> RestoreAsync(CancellationToken cancellationToken)
    {
        // What a result that is on its way here says counts more than the failure with its number, which is passed over then.
        var failures = _losses.Failures(_published).ToArray();
        Log.SessionLost(_logger, _clientId, failures.Length);
        return _hold.RestoreAsync(_published, _progress, _lastSeq(), failures, cancellationToken);
    }

    private readonly record struct Item(AudioJob? Job, SessionProgress Progress, bool IsLive);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Redis refuses a segment of {ClientId}, trying again: {Reason}")]
        public static partial void Refused(ILogger logger, string clientId, string reason);

        [LoggerMessage(2, LogLevel.Warning,
            "{ClientId} has moved to another gateway; {Segments} segments of it went through this one or those before")]
        public static partial void TakenOver(ILogger logger, string clientId, int segments);

        [LoggerMessage(3, LogLevel.Error, "Gave up on the audio of {ClientId} after {CommittedSeconds} s: Redis did not take it before shutdown. A client that resumes sends it again")]
        public static partial void GaveUp(ILogger logger, string clientId, double committedSeconds);

        [LoggerMessage(4, LogLevel.Error, "Redis has lost the session of {ClientId}, and {Count} results that it waited for")]
        public static partial void SessionLost(ILogger logger, string clientId, int count);

        [LoggerMessage(5, LogLevel.Error, "Redis has lost {Count} jobs of {ClientId}: someone deleted or trimmed their stream, or it was evicted (maxmemory-policy must be noeviction)")]
        public static partial void JobsLost(ILogger logger, string clientId, int count);
    }
}
