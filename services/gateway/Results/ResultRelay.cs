using Speech.Contracts;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery;
using Speech.Gateway.Sessions;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Gateway.Results;

/// <summary>
/// Brings one client's results from Redis to its socket: each once, in the order of seq.
/// <para>
/// The channel <c>results:&lt;client_id&gt;</c> is quick and may lose messages (a lost connection, a slow reader); the stream
/// <c>history:&lt;client_id&gt;</c> has them all. Results are numbered without gaps, and are in the history before they are published.
/// So: what was seen before is dropped, and whenever a number is missing, or the subscription says that it may have missed something, the
/// history is read on from the last number. Partials have no number and are passed on if nothing later of their segment was.
/// </para>
/// </summary>
internal sealed partial class ResultRelay : IAsyncDisposable
{
    // When the client reads slowly, this many wait here; then new ones are dropped and read from the history later.
    private const int QueueLength = 256;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(3);

    private readonly string _clientId;
    private readonly SessionServices _services;
    private readonly OutgoingMessages _outgoing;
    private readonly OutstandingSegments _outstanding;
    private readonly OutstandingTranslations _translations;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Only the subscription's handler, or Begin before it, touches these; the first is read by others.
    private long _lastSeq;
    private int _partialSegment = -1;
    private int _partialRevision = -1;
    private RedisSubscription? _subscription;

    public ResultRelay(
        string clientId,
        SessionServices services,
        OutgoingMessages outgoing,
        OutstandingSegments outstanding,
        OutstandingTranslations translations,
        ILogger logger)
    {
        _clientId = clientId;
        _services = services;
        _outgoing = outgoing;
        _outstanding = outstanding;
        _translations = translations;
        _logger = logger;
    }

    /// <summary>The last result that was passed on.</summary>
    public long LastSeq => Volatile.Read(ref _lastSeq);

    /// <summary>From here on nothing is missed; what comes waits for <see cref="BeginAsync"/>.</summary>
    /// <exception cref="RedisException">Redis is not there.</exception>
    public async Task SubscribeAsync(CancellationToken cancellationToken) =>
        _subscription = await _services.Subscriber.SubscribeAsync(
            RedisKeys.Results(_clientId), OnMessageAsync, OnGapAsync, QueueLength, cancellationToken);

    /// <summary>Passes on what the history has after a seq, and then what comes.</summary>
    public async Task BeginAsync(long afterSeq, bool withHistory, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _lastSeq, afterSeq);
        if (withHistory)
            await CatchUpAsync(cancellationToken);
        _begun.SetResult();
    }

    public async ValueTask DisposeAsync()
    {
        if (_subscription is not null)
            await _subscription.DisposeAsync();
    }

    private async ValueTask OnMessageAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        await _begun.Task.WaitAsync(cancellationToken);
        ResultEnvelope envelope;
        try
        {
            envelope = ResultEnvelope.Read(payload);
        }
        catch (MalformedMessageException e)
        {
            Log.Unreadable(_logger, _clientId, e.Message);
            return;
        }
        if (envelope.Result is Partial partial)
        {
            await PassOnAsync(partial, cancellationToken);
            return;
        }
        if (envelope.Seq > _lastSeq + 1)
        {
            // Anyone may publish. A number far ahead that the history does not have would hide all results up to it.
            await CatchUpAsync(cancellationToken);
            if (envelope.Seq > _lastSeq)
                Log.NotInHistory(_logger, _clientId, envelope.Seq, _lastSeq);
            return;
        }
        await PassOnAsync(envelope, cancellationToken);
    }

    private async ValueTask OnGapAsync(SubscriptionGap gap, CancellationToken cancellationToken)
    {
        await _begun.Task.WaitAsync(cancellationToken);
        await CatchUpAsync(cancellationToken);
    }

    private async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        for (var pause = ShortestPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await foreach (var missed in _services.History.ReadAfterAsync(_clientId, _lastSeq, cancellationToken))
                    await PassOnAsync(missed, cancellationToken);
                return;
            }
            catch (RedisException e)
            {
                Log.CannotRead(_logger, _clientId, e.Message);
                await Task.Delay(pause, _services.Time, cancellationToken);
            }
        }
    }

    private async ValueTask PassOnAsync(ResultEnvelope envelope, CancellationToken cancellationToken)
    {
        if (envelope.Seq <= _lastSeq)
            return;
        if (envelope.Seq > _lastSeq + 1)
        {
            Log.Missing(_logger, _clientId, _lastSeq + 1, envelope.Seq - 1);
            var message = $"The results {_lastSeq + 1} to {envelope.Seq - 1} are no longer kept.";
            await _outgoing.SendAsync(new Warning("results_expired", message), cancellationToken);
        }
        await _outgoing.SendAsync(envelope.Result, cancellationToken);
        Volatile.Write(ref _lastSeq, envelope.Seq);
        _translations.See(envelope); // first, so that who waits for the last segment knows what follows it
        if (envelope.Result is Transcript or Failed { Language: null })
        {
            _outstanding.Release(envelope.Result.Segment);
            _services.Admission.NoteResult();
        }
    }

    private async ValueTask PassOnAsync(Partial partial, CancellationToken cancellationToken)
    {
        var isLate = partial.Segment < _outstanding.Released || partial.Segment < _partialSegment
            || (partial.Segment == _partialSegment && partial.Revision <= _partialRevision);
        if (isLate)
            return;
        (_partialSegment, _partialRevision) = (partial.Segment, partial.Revision);
        await _outgoing.SendAsync(partial, cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A message on the results channel of {ClientId} is not a result: {Reason}")]
        public static partial void Unreadable(ILogger logger, string clientId, string reason);

        [LoggerMessage(2, LogLevel.Warning, "Cannot read the history of {ClientId}, trying again: {Reason}")]
        public static partial void CannotRead(ILogger logger, string clientId, string reason);

        [LoggerMessage(4, LogLevel.Error,
            "The result {Seq} on the channel of {ClientId} is not in its history, which ends at {Last}: it is none of ours")]
        public static partial void NotInHistory(ILogger logger, string clientId, long seq, long last);

        [LoggerMessage(3, LogLevel.Warning, "The results {First} to {Last} of {ClientId} are not in its history any more")]
        public static partial void Missing(ILogger logger, string clientId, long first, long last);
    }
}
