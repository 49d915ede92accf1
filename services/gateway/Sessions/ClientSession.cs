using System.Diagnostics;
using System.Net.WebSockets;
using Speech.Audio;
using Speech.Audio.Segmentation;
using Speech.Audio.Streams;
using Speech.Contracts;
using Speech.Gateway.Audio;
using Speech.Gateway.Interim;
using Speech.Gateway.Limits;
using Speech.Gateway.Results;
using Speech.Redis;

namespace Speech.Gateway.Sessions;

/// <summary>
/// One client's connection, from <c>ready</c> to the close frame.
/// <code>
/// socket ─> receiving ─> AudioPipeline ─> SegmentPublisher ─> Redis: audio_jobs
///              │ ping, stop                   │ committed
///              v                              v
/// socket &lt;─────────── OutgoingMessages &lt;─────────── ResultRelay &lt;─ Redis: results, history
/// </code>
/// Whatever ends it (stop, a bad message, silence, a lost connection, shutdown) calls <see cref="End"/>; the first one counts. Then the
/// open segment is cut and accepted, the connection is closed with the reason, and the session lives on until its last segment is in Redis.
/// </summary>
internal sealed partial class ClientSession : IAsyncDisposable
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShutdownCloseTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RoomRecheck = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CommitInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KeepAliveInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DamageInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SlowDownInterval = TimeSpan.FromSeconds(10);

    private readonly SessionServices _services;
    private readonly SessionParameters _parameters;
    private readonly WebSocket _socket;
    private readonly ILogger _logger;
    private readonly string _traceId = ActivityTraceId.CreateRandom().ToHexString();

    private readonly MessageReceiver _receiver;
    private readonly OutgoingMessages _outgoing;
    private readonly OutstandingSegments _outstanding;
    private readonly ResultRelay _relay;
    private readonly JobFactory _jobs;
    private readonly IdleWatch _idle;
    private readonly ITimer _longest;
    private readonly AudioAllowance? _allowance;
    private readonly AudioAllowance? _keysAllowance;

    // Cancelled when the session ends: nothing waits for the client or for results any more.
    private readonly CancellationTokenSource _ended = new();

    // Cancelled when a gateway that shuts down has no time left: what is not in Redis by then is given up.
    private readonly CancellationTokenSource _givenUp;
    private readonly TaskCompletionSource<Ending> _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Held while audio is worked on: by receiving, by stop, and at the end.
    private readonly SemaphoreSlim _audio = new(1);
    private AudioPipeline? _pipeline;
    private SegmentPublisher? _publisher;
    private InterimSender? _interim;
    private Task _publishing = Task.CompletedTask;
    private Task? _stopping;
    private int _nextSegment;
    private bool _audioEnded;
    private long _lastMark;
    private double _marked;
    private long _damagedReported;
    private long _damageReportedAt;
    private long? _slowDownToldAt;

    public ClientSession(SessionServices services, SessionParameters parameters, ClientCredentials credentials, WebSocket socket)
    {
        var options = services.Options;
        _services = services;
        _parameters = parameters;
        _socket = socket;
        _logger = services.LoggerFactory.CreateLogger<ClientSession>();
        _receiver = new MessageReceiver(socket, options.MaxMessageBytes);
        _outgoing = new OutgoingMessages(socket, parameters.Format, options.SlowClientTimeout, services.Time);
        _outstanding = new OutstandingSegments(services.Time);
        _relay = new ResultRelay(parameters.ClientId, services, _outgoing, _outstanding, _logger);
        _jobs = new JobFactory(parameters, _traceId, services.Time);
        _givenUp = new CancellationTokenSource(Timeout.InfiniteTimeSpan, services.Time);
        _idle = new IdleWatch(options.ClientTimeout, services.Time, () =>
            End(CloseCode.ClientTimeout, $"nothing was received for {options.ClientTimeout.TotalSeconds:0.###} s"));
        var longest = options.MaxSessionLength == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : options.MaxSessionLength;
        _longest = services.Time.CreateTimer(
            _ => End(CloseCode.SessionTimeout, $"a session may last {longest.TotalSeconds:0.###} s; reconnect with resume_from"),
            null, longest, Timeout.InfiniteTimeSpan);
        Key = credentials.IsAnonymous ? null : credentials.Key;
        _allowance = services.Limits.Clients.Of(parameters.ClientId);
        _keysAllowance = Key is null ? null : services.Limits.Keys.Of(Key);
    }

    public string ClientId => _parameters.ClientId;

    /// <summary>Stands for the credentials that the client has shown; null when it showed none.</summary>
    public string? Key { get; }

    /// <summary>Done when the session has left nothing behind.</summary>
    public Task Completed => _completed.Task;

    /// <summary>Ends the session, unless it is ending already.</summary>
    public void End(CloseCode code, string reason) => End(new Ending(code, reason));

    /// <summary>Refuses the client: no session, only the reason.</summary>
    public Task RefuseAsync(Ending ending)
    {
        End(ending);
        return RunAsync(CancellationToken.None);
    }

    /// <summary>Runs the session until all that was accepted is in Redis.</summary>
    /// <param name="shutdown">The gateway is going away.</param>
    public async Task RunAsync(CancellationToken shutdown)
    {
        var sending = SendingAsync();
        using var onShutdown = shutdown.Register(() =>
        {
            _givenUp.CancelAfter(_services.Options.DrainTimeout);
            End(CloseCode.GoingAway, "the server is going away; reconnect, your results are kept");
        });
        Log.Started(_logger, ClientId, _traceId, _parameters.Codec);
        if (!_ending.Task.IsCompleted)
            await StartAsync();
        var receiving = ReceivingAsync();

        var ending = await _ending.Task;
        await EndAudioAsync(isWhole: false);
        if (ending.Code == CloseCode.GoingAway)
            await _publishing; // the last committed message still goes out
        _outgoing.Close(ending);
        await sending;
        await CloseAsync(receiving, ending.Code == CloseCode.GoingAway ? ShutdownCloseTimeout : CloseTimeout);
        Log.Closed(_logger, ClientId, _traceId, ending);

        await _publishing;
        await (_stopping ?? Task.CompletedTask);
        await (_interim?.DrainAsync() ?? Task.CompletedTask);
    }

    public async ValueTask DisposeAsync()
    {
        await _relay.DisposeAsync();
        _idle.Dispose();
        await _longest.DisposeAsync();
        _pipeline?.Dispose();
        _outgoing.Dispose();
        _receiver.Dispose();
        _audio.Dispose();
        _ended.Dispose();
        _givenUp.Dispose();
        _completed.TrySetResult();
    }

    private void End(Ending ending)
    {
        if (!_ending.TrySetResult(ending))
            return;
        _idle.Stop();
        _ended.Cancel();
    }

    private async Task StartAsync()
    {
        try
        {
            // Subscribed first, so that no result of this session's segments, nor of earlier ones still in the queue, can be missed.
            await _relay.SubscribeAsync(_ended.Token);
            var state = await _services.Store.ReadAsync(ClientId, _ended.Token);
            _nextSegment = state.Segments;
            _outstanding.Release(state.Released - 1);
            _marked = state.CommittedSeconds;
            _lastMark = _damageReportedAt = _services.Time.GetTimestamp();
            _pipeline = new AudioPipeline(
                _services.Vad,
                _parameters,
                new SegmenterOptions
                {
                    SilenceSeconds = _services.Options.SilenceThresholdSeconds,
                    TailSeconds = Math.Min(new SegmenterOptions().TailSeconds, _services.Options.SilenceThresholdSeconds),
                },
                new AudioStreamLimits { MaxMessageBytes = _services.Options.MaxMessageBytes },
                state.Segments,
                (long)Math.Round(state.CommittedSeconds * AudioRate.Model));
            _publisher = new SegmentPublisher(ClientId, _services, _outgoing, () => _relay.LastSeq, state.CommittedSeconds, _logger);
            _interim = _parameters.Interim ? new InterimSender(_services, _jobs, _logger) : null;
            _publishing = PublishingAsync(_publisher);

            await _outgoing.SendAsync(new Ready(ClientId, AudioRate.Model, state.CommittedSeconds), _ended.Token);
            // A seq that was never given out would have everything taken for known.
            var lastSeq = Math.Min(_parameters.ResumeFrom ?? state.Seq, state.Seq);
            await _relay.BeginAsync(lastSeq, withHistory: _parameters.ResumeFrom is not null, _ended.Token);
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            Log.EndedEarly(_logger, ClientId, _traceId);
        }
        catch (RedisException e)
        {
            Log.CannotStart(_logger, ClientId, _traceId, e.Message);
            End(CloseCode.ResourceUnavailable, "the queue cannot be reached, try again later");
        }
        catch (MissingNativeLibraryException e)
        {
            Log.CannotStart(_logger, ClientId, _traceId, e.Message);
            End(CloseCode.ResourceUnavailable, $"the codec {_parameters.Codec.ToWireName()} is not installed on this server");
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private async Task SendingAsync()
    {
        if (await _outgoing.RunAsync() is { } problem)
            End(Ending.Lost(problem));
    }

    private async Task PublishingAsync(SegmentPublisher publisher)
    {
        try
        {
            if (!await publisher.RunAsync(_givenUp.Token))
                End(CloseCode.ResourceUnavailable, "another connection has taken over this client_id");
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private async Task ReceivingAsync()
    {
        try
        {
            while (true)
            {
                var message = await _receiver.ReceiveAsync(CancellationToken.None);
                if (message.Kind == ReceivedKind.Close)
                {
                    End(CloseCode.Normal, "");
                    return;
                }
                if (_ending.Task.IsCompleted)
                    continue; // read only to find the client's close frame
                _idle.Pause();
                await HandleAsync(message);
                _idle.Resume();
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            End(Ending.Lost("the connection was lost"));
        }
    }

    private async ValueTask HandleAsync(ReceivedMessage message)
    {
        try
        {
            if (message.Kind == ReceivedKind.TooLarge)
                End(CloseCode.InvalidMessage, $"a message of more than {_services.Options.MaxMessageBytes} bytes");
            else if (message.Kind == ReceivedKind.Text)
                await HandleTextAsync(ClientMessage.ReadJson(message.Payload.Span));
            else if (_stopping is not null)
                End(CloseCode.InvalidMessage, "audio after stop");
            else
                await HandleAudioAsync(message.Payload);
        }
        catch (MalformedMessageException e)
        {
            End(CloseCode.InvalidMessage, e.Reason);
        }
        catch (AudioFormatException e)
        {
            End(CloseCode.InvalidMessage, e.Message);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private async ValueTask HandleTextAsync(ClientMessage message)
    {
        switch (message)
        {
            case Ping:
                await TellAsync(new Pong());
                break;
            case Flush when _stopping is null:
                await FlushAsync();
                break;
            case Stop:
                _idle.Stop();
                _stopping ??= StopAsync();
                break;
        }
    }

    private async ValueTask HandleAudioAsync(ReadOnlyMemory<byte> message)
    {
        await _audio.WaitAsync();
        try
        {
            if (_audioEnded)
                return;
            var seconds = _pipeline!.Decode(message.Span);
            if (!MaySend(seconds))
                return;
            await ForwardSegmentsAsync(_pipeline);
            _interim?.SendIfDue(_pipeline, _ended.Token);
            MarkIfDue(_pipeline);
            if (_pipeline.DamagedParts != _damagedReported)
                await ReportDamageAsync(_pipeline, DamageInterval);
        }
        finally
        {
            _audio.Release();
        }
    }

    private bool MaySend(double audioSeconds)
    {
        if (_allowance?.TryTake(audioSeconds) == false)
            End(CloseCode.RateLimited, RateReason("a client", _services.Limits.Clients));
        else if (_keysAllowance?.TryTake(audioSeconds) == false)
            End(CloseCode.RateLimited, RateReason("these credentials", _services.Limits.Keys));
        return !_ending.Task.IsCompleted;

        static string RateReason(string who, AudioAllowances limit) => RetryHint.Append(
            $"{who} may send {limit.Rate:0.###} s of audio a second, averaged over a minute", AudioAllowance.Period / 2);
    }

    private async ValueTask FlushAsync()
    {
        await _audio.WaitAsync();
        try
        {
            if (_audioEnded)
                return;
            _pipeline!.Flush();
            await ForwardSegmentsAsync(_pipeline);
            Mark(_pipeline.CommittedUntil);
        }
        finally
        {
            _audio.Release();
        }
    }

    /// <summary>No more audio, for whatever reason: what was said last becomes a segment, too.</summary>
    /// <param name="isWhole">The client has said all. Else it may come back, and needs what might have been the beginning of a word.</param>
    private async Task EndAudioAsync(bool isWhole)
    {
        await _audio.WaitAsync();
        try
        {
            if (_audioEnded || _pipeline is null)
                return;
            _audioEnded = true;
            var (segments, committed) = (_nextSegment, _pipeline.CommittedUntil);
            _pipeline.Complete();
            await ForwardSegmentsAsync(_pipeline);
            Mark(isWhole ? _pipeline.Position : _nextSegment > segments ? _pipeline.CommittedUntil : committed);
            await ReportDamageAsync(_pipeline, TimeSpan.Zero);
            if (_pipeline.IsCutShort)
                await TellAsync(new Warning("audio_truncated", "The audio ended within a sample; the incomplete one was left out."));
        }
        catch (Exception e)
        {
            Fail(e);
        }
        finally
        {
            _publisher?.Complete();
            _audio.Release();
        }
    }

    private async ValueTask ForwardSegmentsAsync(AudioPipeline pipeline)
    {
        while (pipeline.TryRead(out var next))
        {
            if (next.Kind == SegmenterEventKind.SpeechStarted)
            {
                await TellAsync(new SpeechStarted(checked((int)next.Segment), next.StartSeconds));
                continue;
            }
            var job = _jobs.Final(next);
            await WaitForRoomAsync(job.Segment);
            await _publisher!.AcceptAsync(job, _givenUp.Token);
            _nextSegment = job.Segment + 1;
        }
    }

    private async ValueTask WaitForRoomAsync(int segment)
    {
        int Limit() => _services.QueueDepth.IsOverloaded ? 1 : _services.Options.MaxOutstandingSegments;
        try
        {
            if (!_outstanding.HasRoom(segment, Limit()))
            {
                await TellToSlowDownAsync();
                await _outstanding.WaitForRoomAsync(segment, Limit, RoomRecheck, _ended.Token);
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // Nothing more is read from the client, so this is about the last of it: it is accepted without room.
            return;
        }
    }

    /// <summary>The client is not read from until there is room; it is told why, unless it was just now.</summary>
    private async ValueTask TellToSlowDownAsync()
    {
        var now = _services.Time.GetTimestamp();
        if (_slowDownToldAt is { } told && _services.Time.GetElapsedTime(told, now) < SlowDownInterval)
            return;
        _slowDownToldAt = now;
        var message = _services.QueueDepth.IsOverloaded
            ? "The server has more audio than it can transcribe at once: yours is taken as fast as results come."
            : $"{_services.Options.MaxOutstandingSegments} segments of yours wait for their results: more audio is taken as they come.";
        await TellAsync(new Warning("slow_down", message));
    }

    private async Task StopAsync()
    {
        await EndAudioAsync(isWhole: true);
        try
        {
            var patience = _services.Options.ResultTimeout;
            await _publishing.WaitAsync(patience, _services.Time, _ended.Token);
            if (!await _outstanding.WaitForAllAsync(_nextSegment, patience, _ended.Token))
                throw new TimeoutException();
            await TellAsync(new Done());
            End(CloseCode.Normal, "");
        }
        catch (TimeoutException)
        {
            var missing = _nextSegment - _outstanding.Released;
            await TellAsync(new Warning(
                "results_outstanding", $"{missing} results are still outstanding; they are kept: reconnect with this client_id and resume_from={_relay.LastSeq}."));
            End(CloseCode.InternalError, $"{missing} results did not come in time; reconnect with resume_from={_relay.LastSeq}");
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            return; // something else ended the session
        }
    }

    /// <summary>Says from time to time how far the audio needs no job: the client may forget it, and Redis must not forget the client.</summary>
    private void MarkIfDue(AudioPipeline pipeline)
    {
        var elapsed = _services.Time.GetElapsedTime(_lastMark);
        var isDue = elapsed >= CommitInterval && pipeline.CommittedUntil - _marked >= CommitInterval.TotalSeconds;
        if (isDue || elapsed >= KeepAliveInterval)
            Mark(pipeline.CommittedUntil);
    }

    private void Mark(double committedSeconds)
    {
        _lastMark = _services.Time.GetTimestamp();
        _marked = committedSeconds;
        _publisher!.Mark(committedSeconds);
    }

    private async ValueTask ReportDamageAsync(AudioPipeline pipeline, TimeSpan interval)
    {
        var damaged = pipeline.DamagedParts;
        var isFirst = _damagedReported == 0;
        if (damaged == _damagedReported || (!isFirst && _services.Time.GetElapsedTime(_damageReportedAt) < interval))
            return;
        _damageReportedAt = _services.Time.GetTimestamp();
        _damagedReported = damaged;
        await TellAsync(new Warning("audio_damaged", $"{damaged} parts of the audio so far were corrupt or missing and were concealed."));
    }

    /// <summary>Sends a message, unless the session is ending.</summary>
    private async ValueTask TellAsync(ServerMessage message)
    {
        try
        {
            await _outgoing.SendAsync(message, _ended.Token);
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            return; // the close frame says what matters now
        }
    }

    /// <summary>Waits for the client's close frame, for a moment.</summary>
    private async Task CloseAsync(Task receiving, TimeSpan timeout)
    {
        using var patience = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _services.Time);
        patience.CancelAfter(_socket.State is WebSocketState.CloseSent ? timeout : TimeSpan.Zero);
        using var onTimeout = patience.Token.Register(_socket.Abort);
        await receiving;
    }

    private void Fail(Exception exception)
    {
        Log.Failed(_logger, ClientId, _traceId, exception);
        End(CloseCode.InternalError, "internal error");
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{ClientId} connected with {Codec} (trace {TraceId})")]
        public static partial void Started(ILogger logger, string clientId, string traceId, Contracts.AudioCodec codec);

        [LoggerMessage(2, LogLevel.Information, "{ClientId} disconnected: {Ending} (trace {TraceId})")]
        public static partial void Closed(ILogger logger, string clientId, string traceId, Ending ending);

        [LoggerMessage(3, LogLevel.Information, "{ClientId} was gone before its session began (trace {TraceId})")]
        public static partial void EndedEarly(ILogger logger, string clientId, string traceId);

        [LoggerMessage(4, LogLevel.Error, "Cannot begin the session of {ClientId}: {Reason} (trace {TraceId})")]
        public static partial void CannotStart(ILogger logger, string clientId, string traceId, string reason);

        [LoggerMessage(5, LogLevel.Error, "The session of {ClientId} failed (trace {TraceId})")]
        public static partial void Failed(ILogger logger, string clientId, string traceId, Exception exception);
    }
}
