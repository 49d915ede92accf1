using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using Speech.Audio;
using Speech.Audio.Streams;
using Speech.Contracts;
using Speech.Contracts.Client;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery.Sessions;
using Speech.Gateway.Audio;
using Speech.Gateway.Languages;
using Speech.Gateway.Limits;
using Speech.Gateway.Results;
using Speech.Gateway.Status;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Gateway.Sessions;

/// <summary>
/// One client's connection, from <c>ready</c> to the close frame.
/// <code>
/// socket ─> receiving ─> SessionAudio ─> SegmentPublisher ─> Redis: audio_jobs
///              │ ping, stop                  │ committed
///              v                             v
/// socket &lt;─────────── OutgoingMessages &lt;────────── ResultRelay &lt;─ Redis: results, history
/// </code>
/// Whatever ends it (stop, a bad message, silence, a lost connection, shutdown) calls <see cref="End(CloseCode, string)"/>; the first one
/// counts. Then the open segment is cut and accepted, the connection is closed with the reason, and the session lives on until its last
/// segment is in Redis.
/// <para>
/// A connection that is over before its client has said that it is done may break off in the middle of a word. The client is
/// waited for then (<see cref="GatewayOptions.ResumePatience"/>): should it resume, here or at another gateway, it sends again what was not
/// committed, and the open segment is left to that. Else it is cut where it is, so that what was said last is not lost.
/// </para>
/// </summary>
internal sealed partial class ClientSession : IAsyncDisposable
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShutdownCloseTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(1);

    private readonly SessionServices _services;
    private readonly Handover _handover;
    private readonly SessionParameters _parameters;
    private readonly WebSocket _socket;
    private readonly ILogger _logger;
    private readonly string _traceId = ActivityTraceId.CreateRandom().ToHexString();

    private readonly MessageReceiver _receiver;
    private readonly MessageComplaints _complaints = new();
    private readonly OutgoingMessages _outgoing;
    private readonly OutstandingSegments _outstanding;
    private readonly OutstandingTranslations _translations;
    private readonly ResultRelay _relay;
    private readonly JobFactory _jobs;
    private readonly SessionHold _hold;
    private readonly IdleWatch _idle;
    private readonly WireSilence _silence;
    private readonly ITimer _longest;
    private readonly AudioAllowance? _allowance;
    private readonly AudioAllowance? _partysAllowance;

    // Cancelled when the session ends: nothing waits for the client or for results any more.
    private readonly CancellationTokenSource _ended = new();

    // Cancelled when a gateway that shuts down has no time left: what is not in Redis by then is given up.
    private readonly CancellationTokenSource _givenUp;
    // Set when the client is back on another connection: whether it sends again what was not committed.
    private readonly TaskCompletionSource<bool> _superseded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Ending> _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // From when the session has begun.
    private SegmentPublisher? _publisher;
    private SessionAudio? _audio;
    private Task _publishing = Task.CompletedTask;
    private Task? _stopping;
    private Task _endingUtterance = Task.CompletedTask;

    public ClientSession(
        SessionServices services, Handover handover, SessionParameters parameters, ClientCredentials credentials, IPAddress? address,
        WebSocket socket)
    {
        var options = services.Options;
        _services = services;
        _handover = handover;
        _parameters = parameters;
        _socket = socket;
        _logger = services.LoggerFactory.CreateLogger<ClientSession>();
        _silence = new WireSilence(options.WirePatience, options.WirePatience + options.ResumePatience, services.Time,
            () => _endingUtterance = EndUtteranceAsync(_endingUtterance));
        _receiver = new MessageReceiver(socket, options.MaxMessageBytes, _silence.Hear);
        _outgoing = new OutgoingMessages(socket, parameters.Format, options.SlowClientTimeout, services.Time);
        _outstanding = new OutstandingSegments(services.Time);
        _translations = new OutstandingTranslations(services.Time);
        _relay = new ResultRelay(parameters.ClientId, services, _outgoing, _outstanding, _translations, _logger);
        _jobs = new JobFactory(parameters, _traceId, services.Time);
        _givenUp = new CancellationTokenSource(Timeout.InfiniteTimeSpan, services.Time);
        _idle = new IdleWatch(options.ClientTimeout, services.Time, () =>
            End(CloseCode.ClientTimeout, $"nothing was received for {options.ClientTimeout.TotalSeconds:0.###} s"));
        var longest = options.MaxSessionLength == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : options.MaxSessionLength;
        _longest = services.Time.CreateTimer(
            _ => End(CloseCode.SessionTimeout, $"a session may last {longest.TotalSeconds:0.###} s; reconnect with resume_from"),
            null, longest, Timeout.InfiniteTimeSpan);
        _hold = services.Holds.Create(parameters.ClientId, credentials.Key, handover.GatewayId);
        Party = LimitedParty.Of(credentials, address);
        _allowance = services.Limits.Clients.Of(parameters.ClientId);
        _partysAllowance = services.Limits.Of(Party).Of(Party.Key);
    }

    public string ClientId => _parameters.ClientId;

    /// <summary>With whom the client shares what is limited.</summary>
    public LimitedParty Party { get; }

    /// <summary>The client has another connection now.</summary>
    public static Ending TakenOver { get; } = new(CloseCode.ResourceUnavailable, "another connection has taken over this client_id");

    /// <summary>The client is bound to other credentials than those shown.</summary>
    public static Ending NotItsOwn { get; } = new(CloseCode.AuthenticationFailed, "this client_id belongs to other credentials");

    /// <summary>Tells this session from all others, of all gateways.</summary>
    public string Owner => _hold.Owner;

    /// <summary>Whether the client says that it goes on, and so sends again what was not committed.</summary>
    public bool Resumes => _parameters.ResumeFrom is not null;

    /// <summary>Done when the session has left nothing behind.</summary>
    public Task Completed => _completed.Task;

    /// <summary>Ends the session, unless it is ending already.</summary>
    public void End(CloseCode code, string reason) => End(new Ending(code, reason));

    /// <summary>Whether both show the same, compared in constant time.</summary>
    public bool HasCredentialsOf(ClientSession other) => _hold.HasCredentialsOf(other._hold);

    /// <summary>The client has come back on another connection.</summary>
    /// <param name="resumes">Whether it sends again what was not committed.</param>
    public void Supersede(bool resumes)
    {
        _superseded.TrySetResult(resumes);
        End(TakenOver);
    }

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
        var mayResume = await MayResumeAsync(ending);
        if (!mayResume)
            await EndAudioAsync(isWhole: false);
        if (ending.Code == CloseCode.GoingAway && !mayResume)
            await _publishing; // the last committed message still goes out
        _outgoing.Close(ending);
        await sending;
        await CloseAsync(receiving, ending.Code == CloseCode.GoingAway ? ShutdownCloseTimeout : CloseTimeout);
        Log.Closed(_logger, ClientId, _traceId, ending);
        _services.Instruments.SessionEnded(ending.Code);

        if (mayResume)
            await AwaitReturnAsync(ending, shutdown);
        await _publishing;
        await ReleaseAsync();
        await (_stopping ?? Task.CompletedTask);
        await (_audio?.DrainAsync() ?? Task.CompletedTask);
    }

    public async ValueTask DisposeAsync()
    {
        await _relay.DisposeAsync();
        _idle.Dispose();
        await _silence.DisposeAsync();
        await _endingUtterance;
        await _longest.DisposeAsync();
        _audio?.Dispose();
        _outgoing.Dispose();
        _receiver.Dispose();
        _ended.Dispose();
        _givenUp.Dispose();
        _completed.TrySetResult();
    }

    private void End(Ending ending)
    {
        if (!_ending.TrySetResult(ending))
            return;
        _idle.Stop();
        _silence.Stop();
        _ended.Cancel();
    }

    private async Task StartAsync()
    {
        try
        {
            // Subscribed first, so that no result of this session's segments, nor of earlier ones still in the queue, can be missed.
            await _relay.SubscribeAsync(_ended.Token);
            if (await ClaimAsync() is not { } claim)
                return;
            var state = await _services.Store.ReadAsync(ClientId, _ended.Token);
            _outstanding.Release(state.Released - 1);
            _translations.Begin(state.Translating, state.Seq);
            var start = new ResumePoint(state.CommittedSeconds, claim.State);
            _publisher = new SegmentPublisher(
                ClientId,
                _services,
                _hold,
                _outgoing,
                _outstanding,
                new LossWatch(ClientId, _services.Losses, _outstanding, _translations),
                () => _relay.LastSeq,
                state.Segments,
                SessionAudio.ProgressAt(start),
                _logger);
            _audio = new SessionAudio(
                _services, _parameters, _jobs, _publisher, _outstanding, _outgoing, state.Segments, start, MaySend, _logger, _ended.Token,
                _givenUp.Token);
            _publishing = PublishingAsync(_publisher);

            await _outgoing.SendAsync(new Ready(ClientId, AudioRate.Model, state.CommittedSeconds), _ended.Token);
            if (_parameters.UnknownNamesWarning is { } unknown)
                await TellAsync(new Warning("unknown_parameter", unknown));
            if (_parameters.Prompt is not null && await _services.Prompts.FindModelWithoutAsync(_ended.Token) is { } model)
                await TellAsync(new Warning("prompt_unused",
                    $"The model {model} was not trained to follow prompts, all of which make it worse: the prompt is left out."));
            if (!claim.IsKnown && _parameters.ResumeFrom > 0)
            {
                await TellAsync(new Warning(
                    "session_unknown",
                    "Nothing is known of this client_id any more: its audio begins anew at 0 s, and earlier results are gone."));
            }
            foreach (var warning in await LanguageWarnings.OfAsync(_parameters, _services.Languages, _ended.Token))
                await TellAsync(warning);
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
            End(CloseCode.ResourceUnavailable, "the queue cannot be reached; retry after 2 s");
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <summary>Makes the client this session's, whoever had it; null, and the session ends, if it is somebody else's.</summary>
    private async Task<SessionClaim?> ClaimAsync()
    {
        var opening = await _hold.OpenAsync(_ended.Token);
        if (!opening.IsOurs)
        {
            Log.NotOurs(_logger, ClientId, _traceId);
            End(NotItsOwn);
            return null;
        }
        if (opening.Owner.Length > 0)
            await _handover.AskAsync(opening, ClientId, Resumes, _hold, _ended.Token);
        return await _hold.ClaimAsync(_parameters.ResumeFrom ?? 0, _ended.Token);
    }

    private async Task ReleaseAsync()
    {
        if (_audio is null)
            return;
        try
        {
            using var patience = new CancellationTokenSource(ReleaseTimeout, _services.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _givenUp.Token);
            await _hold.ReleaseAsync(either.Token);
        }
        catch (Exception e) when (e is RedisException or OperationCanceledException)
        {
            Log.NotReleased(_logger, ClientId, _traceId, e.Message);
        }
    }

    /// <summary>Whether the connection ended in the middle of a segment that its client may want to go on with.</summary>
    private async Task<bool> MayResumeAsync(Ending ending) =>
        ending.Code != CloseCode.Normal && _services.Options.ResumePatience != TimeSpan.Zero
        && _audio is not null && await _audio.IsBrokenOffAsync();

    /// <summary>Waits for the client to resume; if it does not, what it had begun to say becomes a segment.</summary>
    private async Task AwaitReturnAsync(Ending ending, CancellationToken shutdown)
    {
        // A gateway that goes away has half of its time for this, and half to bring the segment to Redis.
        var goesAway = ending.Code == CloseCode.GoingAway;
        var (patience, hurry) = goesAway
            ? (Shorter(_services.Options.ResumePatience, _services.Options.DrainTimeout / 2), CancellationToken.None)
            : (_services.Options.ResumePatience, shutdown);
        var resumes = false;
        try
        {
            resumes = await _superseded.Task.WaitAsync(patience, _services.Time, hurry);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            Log.NotResumed(_logger, ClientId, _traceId);
        }
        if (resumes)
            await _audio!.LeaveAsync();
        else
            await EndAudioAsync(isWhole: false);
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private async Task SendingAsync()
    {
        if (await _outgoing.RunAsync() is { } problem)
            End(Ending.Lost(problem));
    }

    private async Task PublishingAsync(SegmentPublisher publisher)
    {
        try
        {
            if (await publisher.RunAsync(_givenUp.Token))
                return;
            _superseded.TrySetResult(true); // whether it resumes or not: what it says here is not accepted any more
            End(TakenOver);
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
                _silence.Pause();
                await HandleAsync(message);
                if (message.Kind == ReceivedKind.Text)
                    _silence.HearOther();
                else if (message.Payload.Length > 0)
                    _silence.Hear(); // that the gateway took its time over the message is not the client's silence
                _silence.Resume();
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
                await _audio!.HearAsync(message.Payload);
        }
        catch (MalformedMessageException e) when (message.Kind == ReceivedKind.Text)
        {
            if (_complaints.Of(e) is { } warning)
                await TellAsync(warning);
            else
                End(CloseCode.InvalidMessage,
                    $"{MessageComplaints.MaxMalformed} messages that are none of this protocol, the last: {e.Reason}");
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
                await _audio!.FlushAsync();
                break;
            case UnknownMessage unknown when _complaints.Of(unknown) is { } warning:
                await TellAsync(warning);
                break;
            case Stop:
                _idle.Stop();
                _stopping ??= StopAsync();
                break;
        }
    }

    /// <summary>Nothing has come for a while: what the client said last is at its end.</summary>
    private async Task EndUtteranceAsync(Task before)
    {
        await before;
        try
        {
            if (_audio is { } audio)
                await audio.FlushSilenceAsync(() => _silence.IsSilent);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private bool MaySend(double audioSeconds)
    {
        if (_allowance?.TryTake(audioSeconds) == false)
            End(CloseCode.RateLimited, RateReason("a client", _services.Limits.Clients));
        else if (_partysAllowance?.TryTake(audioSeconds) == false)
            End(CloseCode.RateLimited, RateReason(Party.IsAddress ? "your address" : "these credentials", _services.Limits.Of(Party)));
        return !_ending.Task.IsCompleted;

        static string RateReason(string who, AudioAllowances limit) => RetryHint.Append(
            $"{who} may send {limit.Rate:0.###} s of audio a second, averaged over a minute", AudioAllowance.Period / 2);
    }

    /// <summary>The end of the audio, for whatever reason.</summary>
    private async Task EndAudioAsync(bool isWhole)
    {
        try
        {
            await (_audio?.EndAsync(isWhole) ?? Task.CompletedTask);
        }
        catch (AudioFormatException e)
        {
            // All that came was none of the codec's.
            End(CloseCode.InvalidMessage, e.Message);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private async Task StopAsync()
    {
        await EndAudioAsync(isWhole: true);
        try
        {
            var rest = new LastResults(_services, _publisher!, _outstanding, _translations, _outgoing, () => _relay.LastSeq);
            End(await rest.WaitAsync(_publishing, _audio!.Segments, _ended.Token));
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            return; // something else ended the session
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private ValueTask TellAsync(ServerMessage message) => _outgoing.TellAsync(message, _ended.Token);

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
        public static partial void Started(ILogger logger, string clientId, string traceId, AudioCodec codec);

        [LoggerMessage(2, LogLevel.Information, "{ClientId} disconnected: {Ending} (trace {TraceId})")]
        public static partial void Closed(ILogger logger, string clientId, string traceId, Ending ending);

        [LoggerMessage(3, LogLevel.Information, "{ClientId} was gone before its session began (trace {TraceId})")]
        public static partial void EndedEarly(ILogger logger, string clientId, string traceId);

        [LoggerMessage(4, LogLevel.Error, "Cannot begin the session of {ClientId}: {Reason} (trace {TraceId})")]
        public static partial void CannotStart(ILogger logger, string clientId, string traceId, string reason);

        [LoggerMessage(
            6, LogLevel.Warning, "{ClientId} was refused: it shows other credentials than those that it is bound to (trace {TraceId})")]
        public static partial void NotOurs(ILogger logger, string clientId, string traceId);

        [LoggerMessage(
            7, LogLevel.Information, "{ClientId} has not come back in time; what it had begun to say is queued (trace {TraceId})")]
        public static partial void NotResumed(ILogger logger, string clientId, string traceId);

        [LoggerMessage(
            8, LogLevel.Warning, "{ClientId} was not released, which whoever claims it next will not mind: {Reason} (trace {TraceId})")]
        public static partial void NotReleased(ILogger logger, string clientId, string traceId, string reason);

        [LoggerMessage(5, LogLevel.Error, "The session of {ClientId} failed (trace {TraceId})")]
        public static partial void Failed(ILogger logger, string clientId, string traceId, Exception exception);
    }
}
