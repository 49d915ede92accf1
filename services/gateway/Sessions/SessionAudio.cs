using Speech.Audio.Segmentation;
using Speech.Audio.Streams;
using Speech.Contracts.Client;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery.Sessions;
using Speech.Gateway.Admission;
using Speech.Gateway.Audio;
using Speech.Gateway.Interim;

namespace Speech.Gateway.Sessions;

/// <summary>
/// What one client says, from its messages to segments that are accepted, one message at a time. Holds the client back while too much of
/// it is outstanding, says how far its audio is safe, and reports what of it was damaged.
/// </summary>
internal sealed class SessionAudio : IDisposable
{
    /// <summary>How often the session is kept in Redis, and what it waits for looked after.</summary>
    public static readonly TimeSpan KeepAliveInterval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan RoomRecheck = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CommitInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DamageInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SlowDownInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SlowDownAfter = TimeSpan.FromSeconds(2);

    private static readonly (AudioFault Fault, string Code)[] FaultCodes =
    [
        (AudioFault.ChannelsCancel, "audio_channels_cancel"),
        (AudioFault.IntegerScale, "audio_scale"),
    ];

    private readonly SessionServices _services;
    private readonly JobFactory _jobs;
    private readonly SegmentPublisher _publisher;
    private readonly OutstandingSegments _outstanding;
    private readonly OutgoingMessages _outgoing;
    private readonly Func<double, bool> _maySend;
    private readonly CancellationToken _ended;
    private readonly CancellationToken _givenUp;
    private readonly AudioPipeline _pipeline;
    private readonly LiveClock _clock;
    private readonly InterimSender? _interim;
    private readonly ITimer _keepAlive;

    // Held while audio is worked on: by receiving, by stop, and at the end.
    private readonly SemaphoreSlim _turn = new(1);
    private bool _isOver;
    private long _lastMark;
    private volatile SessionProgress _marked;
    private long _damagedReported;
    private AudioFault _faultsReported;
    private long _damageReportedAt;
    private long? _slowDownToldAt;

    /// <param name="segments">Cut before, by earlier sessions of the client.</param>
    /// <param name="start">Where its audio goes on.</param>
    /// <param name="maySend">Whether so many seconds more are within the client's limits; if not, the session ends.</param>
    /// <param name="ended">The session ends: nothing waits for the client or for results any more.</param>
    /// <param name="givenUp">What has not been accepted by now is given up.</param>
    public SessionAudio(
        SessionServices services,
        SessionParameters parameters,
        JobFactory jobs,
        SegmentPublisher publisher,
        OutstandingSegments outstanding,
        OutgoingMessages outgoing,
        int segments,
        ResumePoint start,
        Func<double, bool> maySend,
        ILogger logger,
        CancellationToken ended,
        CancellationToken givenUp)
    {
        var options = services.Options;
        _services = services;
        _jobs = jobs;
        _publisher = publisher;
        _outstanding = outstanding;
        _outgoing = outgoing;
        _maySend = maySend;
        _ended = ended;
        _givenUp = givenUp;
        Segments = segments;
        _pipeline = new AudioPipeline(
            services.Vad,
            parameters,
            new SegmenterOptions
            {
                SilenceSeconds = options.SilenceThresholdSeconds,
                TailSeconds = Math.Min(new SegmenterOptions().TailSeconds, options.SilenceThresholdSeconds),
            },
            new AudioStreamLimits { MaxMessageBytes = options.MaxMessageBytes },
            segments,
            start);
        _clock = new LiveClock(services.Time);
        _interim = parameters.Interim ? new InterimSender(services, jobs, logger) : null;
        _marked = ProgressAt(start);
        _lastMark = _damageReportedAt = services.Time.GetTimestamp();
        _keepAlive = services.Time.CreateTimer(_ => _publisher.Mark(_marked), null, KeepAliveInterval, KeepAliveInterval);
    }

    /// <summary>How many the client's audio has given so far, those of earlier sessions included.</summary>
    public int Segments { get; private set; }

    public static SessionProgress ProgressAt(ResumePoint point) => new(point.CommittedSeconds, point.State);

    /// <summary>Takes one message of audio. Returns when there is room for the next.</summary>
    /// <exception cref="Speech.Audio.AudioFormatException">It is not what it should be, or too much; the stream cannot go on.</exception>
    public async ValueTask HearAsync(ReadOnlyMemory<byte> message)
    {
        await _turn.WaitAsync(CancellationToken.None);
        try
        {
            if (_isOver)
                return;
            var seconds = _pipeline.Decode(message.Span);
            if (!_maySend(seconds))
                return;
            _clock.Add(seconds);
            await ForwardSegmentsAsync();
            _interim?.SendIfDue(_pipeline, _ended);
            MarkIfDue();
            if (_pipeline.DamagedParts != _damagedReported)
                await ReportDamageAsync(DamageInterval);
            if (_pipeline.Signal.Pending is { } warning)
            {
                _pipeline.Signal.Clear();
                await TellAsync(warning);
            }
            if (_pipeline.Faults != _faultsReported)
                await ReportFaultsAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Ends the open segment.</summary>
    public ValueTask FlushAsync() => FlushAsync(static () => true);

    /// <summary>
    /// The client has stopped sending: ends the open segment, or gives up on a sound that has not become speech. The client's audio goes on
    /// where it was; no silence is put into it.
    /// </summary>
    /// <param name="isStillSilent">Asked when nobody else works on the audio.</param>
    public ValueTask FlushSilenceAsync(Func<bool> isStillSilent) => FlushAsync(() => _pipeline.IsInSegment && isStillSilent());

    private async ValueTask FlushAsync(Func<bool> isWanted)
    {
        await _turn.WaitAsync(CancellationToken.None);
        try
        {
            if (_isOver || !isWanted())
                return;
            _pipeline.Flush();
            await ForwardSegmentsAsync();
            Mark(_pipeline.ResumePoint);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Whether the audio stops, for now, in the middle of a segment that the client may want to go on with.</summary>
    public async Task<bool> IsBrokenOffAsync()
    {
        await _turn.WaitAsync(CancellationToken.None);
        try
        {
            if (_isOver || !_pipeline.IsInSegment)
                return false;
            Mark(_pipeline.ResumePoint);
            return true;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>No more audio, for whatever reason: what was said last becomes a segment, too.</summary>
    /// <param name="isWhole">The client has said all. Else it may come back, and needs what might have been the beginning of a
    /// word.</param>
    public async Task EndAsync(bool isWhole)
    {
        await _turn.WaitAsync(CancellationToken.None);
        try
        {
            if (_isOver)
                return;
            _isOver = true;
            var (segments, before) = (Segments, _pipeline.ResumePoint);
            _pipeline.Complete();
            await ForwardSegmentsAsync();
            Mark(isWhole ? _pipeline.EndPoint : Segments > segments ? _pipeline.ResumePoint : before);
            await ReportDamageAsync(TimeSpan.Zero);
            if (_pipeline.IsCutShort)
                await TellAsync(new Warning("audio_truncated", "The audio ended within a sample; the incomplete one was left out."));
        }
        finally
        {
            _publisher.Complete();
            _turn.Release();
        }
    }

    /// <summary>No more audio; what was begun is said again elsewhere.</summary>
    public async Task LeaveAsync()
    {
        await _turn.WaitAsync(CancellationToken.None);
        _isOver = true;
        _publisher.Complete();
        _turn.Release();
    }

    /// <summary>Waits for the interim under way.</summary>
    public Task DrainAsync() => _interim?.DrainAsync() ?? Task.CompletedTask;

    public void Dispose()
    {
        _keepAlive.Dispose();
        _pipeline.Dispose();
        _turn.Dispose();
    }

    private async ValueTask ForwardSegmentsAsync()
    {
        while (_pipeline.TryRead(out var next))
        {
            if (next.Kind == SegmenterEventKind.SpeechStarted)
            {
                await TellAsync(new SpeechStarted(checked((int)next.Segment), next.StartSeconds));
                continue;
            }
            var job = _jobs.Final(next);
            await WaitForRoomAsync(job.Segment);
            await _publisher.AcceptAsync(job, ProgressAt(_pipeline.ResumePoint), _clock.IsLive, _givenUp);
            Segments = job.Segment + 1;
        }
    }

    private async ValueTask WaitForRoomAsync(int segment)
    {
        int Limit() => _services.QueueDepth.IsOverloaded || _services.Held.IsFull ? 1 : _services.Options.MaxOutstandingSegments;
        try
        {
            if (!_outstanding.HasRoom(segment, Limit()))
            {
                await TellToSlowDownAsync(awaitsTurn: false);
                await _outstanding.WaitForRoomAsync(segment, Limit, RoomRecheck, _ended);
            }
            if (!_clock.IsLive)
                await WaitForTurnAsync();
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // Nothing more is read from the client, so this is about the last of it: it is accepted without room.
            return;
        }
    }

    /// <summary>What is sent faster than it was spoken is taken as it gets its turns.</summary>
    private async ValueTask WaitForTurnAsync()
    {
        var room = _publisher.BulkRoomAsync(_ended).AsTask();
        try
        {
            await room.WaitAsync(SlowDownAfter, _services.Time, _ended);
        }
        catch (TimeoutException)
        {
            await TellToSlowDownAsync(awaitsTurn: true);
            await room;
        }
    }

    /// <summary>The client is not read from until there is room; it is told why, unless it was just now.</summary>
    private async ValueTask TellToSlowDownAsync(bool awaitsTurn)
    {
        var now = _services.Time.GetTimestamp();
        if (_slowDownToldAt is { } told && _services.Time.GetElapsedTime(told, now) < SlowDownInterval)
            return;
        _slowDownToldAt = now;
        var message = _services.Held.IsFull
            ? "The queue cannot be reached, and the server holds as much audio as it can: yours is taken when that has gone."
            : _services.QueueDepth.IsOverloaded || awaitsTurn
            ? "The server has more audio than it can transcribe at once: yours is taken as fast as results come."
            : $"{_services.Options.MaxOutstandingSegments} segments of yours wait for their results: more audio is taken as they come.";
        await TellAsync(new Warning("slow_down", message));
    }

    /// <summary>
    /// Says from time to time how far the audio needs no job: the client may forget it, and Redis must not forget the client.
    /// </summary>
    private void MarkIfDue()
    {
        if (_services.Time.GetElapsedTime(_lastMark) >= CommitInterval
            && _pipeline.CommittedUntil - _marked.CommittedSeconds >= CommitInterval.TotalSeconds)
            Mark(_pipeline.ResumePoint);
    }

    private void Mark(ResumePoint point)
    {
        _lastMark = _services.Time.GetTimestamp();
        _marked = ProgressAt(point);
        _publisher.Mark(_marked);
    }

    private async ValueTask ReportDamageAsync(TimeSpan interval)
    {
        var damaged = _pipeline.DamagedParts;
        var isFirst = _damagedReported == 0;
        if (damaged == _damagedReported || (!isFirst && _services.Time.GetElapsedTime(_damageReportedAt) < interval))
            return;
        _damageReportedAt = _services.Time.GetTimestamp();
        _damagedReported = damaged;
        await TellAsync(new Warning("audio_damaged", $"{damaged} parts of the audio so far were corrupt or missing and were concealed."));
    }

    /// <summary>Tells of each fault once.</summary>
    private async ValueTask ReportFaultsAsync()
    {
        foreach (var (fault, code) in FaultCodes)
        {
            if ((_pipeline.Faults & ~_faultsReported).HasFlag(fault))
                await TellAsync(new Warning(code, fault.Describe()));
        }
        _faultsReported = _pipeline.Faults;
    }

    private ValueTask TellAsync(ServerMessage message) => _outgoing.TellAsync(message, _ended);
}
