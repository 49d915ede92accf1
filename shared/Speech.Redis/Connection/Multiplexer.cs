using System.Diagnostics.CodeAnalysis;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;

namespace Speech.Redis;

/// <summary>
/// Keeps one connection to the server and shares it among all callers. It connects when the first command comes and, when the
/// connection is lost, again in the background, waiting longer after each failure. A command goes out at once if there is a
/// connection with room in flight; otherwise it is encoded and waits, in order and within bounds. A timer fails what has waited too
/// long, sent or not, and replaces a connection that has fallen silent.
/// </summary>
internal sealed partial class Multiplexer : IConnectionOwner, IAsyncDisposable
{
    private readonly RedisOptions _options;
    private readonly ILogger _logger;
    private readonly bool _keepConnected;
    private readonly Backoff _backoff;
    private readonly Queue<PendingCommand> _waiting = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly long _timeoutTicks;
    private readonly TimeSpan _sweepInterval;

    private RespConnection? _connection;
    private Task _connecting = Task.CompletedTask;
    private ITimer? _sweepTimer;
    private Exception? _lastFailure;
    private long _waitingBytes;
    private int _waitingCount; // _waiting.Count, for readers outside the gate
    private bool _isRunning;
    private volatile bool _disposed;

    /// <param name="keepConnected">Reconnect at once when the connection is lost, rather than when the next command comes.</param>
    public Multiplexer(RedisOptions options, ILogger logger, bool keepConnected)
    {
        options.Validate();
        _options = options;
        _logger = logger;
        _keepConnected = keepConnected;
        _backoff = new Backoff(options.MinReconnectDelay, options.MaxReconnectDelay);
        _timeoutTicks = ToTimestamp(options.CommandTimeout);
        _sweepInterval = TimeSpan.FromMilliseconds(Math.Clamp(options.CommandTimeout.TotalMilliseconds / 10, 10, 250));
    }

    public Lock Gate { get; } = new();

    /// <summary>Called under the gate for each new connection, before what waited for it is sent.</summary>
    public Action? OnConnected { get; init; }

    /// <summary>See <see cref="IConnectionOwner.ReceivePush"/>; without it push messages are dropped.</summary>
    public Func<RespValue, bool>? OnPush { get; init; }

    public bool IsConnected
    {
        get
        {
            lock (Gate)
                return _connection is not null;
        }
    }

    /// <summary>
    /// Sends a command; it has been encoded when this returns. <paramref name="extraTime"/> is added to the command timeout, for
    /// commands that block on the server.
    /// </summary>
    public Task<T> SendAsync<T>(
        ReadOnlySpan<RedisArgument> arguments, Func<RespValue, T> convert, TimeSpan extraTime, CancellationToken cancellationToken)
    {
        if (arguments.IsEmpty)
            throw new ArgumentException("A command needs at least its name.", nameof(arguments));
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<T>(cancellationToken);
        var deadline = _options.TimeProvider.GetTimestamp() + _timeoutTicks + (extraTime > TimeSpan.Zero ? ToTimestamp(extraTime) : 0);
        var command = new PendingCommand<T>(arguments[0].ToString(), deadline, convert);
        command.LinkTo(cancellationToken);
        lock (Gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_waiting.Count == 0 && _connection is { HasRoom: true } connection)
                connection.Send(command, arguments);
            else
                Wait(command, arguments);
        }
        return command.Task;
    }

    /// <summary>Closes the present connection, if any. Commands in flight fail.</summary>
    public void Disconnect(Exception reason)
    {
        RespConnection? connection;
        lock (Gate)
            connection = _connection;
        connection?.Close(reason);
    }

    public async ValueTask DisposeAsync()
    {
        RespConnection? connection;
        Task connecting;
        lock (Gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            connection = _connection;
            connecting = _connecting;
        }
        await _stopping.CancelAsync();
        connection?.Close(new OperationCanceledException("the client was disposed of."));
        await connecting;
        lock (Gate)
            FailWaiting(command => new RedisConnectionException($"{command.Name} was not sent: the client was disposed of.", maybeExecuted: false));
        if (_sweepTimer is not null)
            await _sweepTimer.DisposeAsync();
        _stopping.Dispose();
    }

    void IConnectionOwner.MadeRoom(RespConnection connection)
    {
        // A caller that found no room looks again after it has counted itself as waiting; with a fence on both sides one of us
        // sees the other.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _waitingCount) == 0)
            return;
        lock (Gate)
            AdmitWaiting();
    }

    bool IConnectionOwner.ReceivePush(RespValue push) => OnPush?.Invoke(push) ?? false;

    private void Wait(PendingCommand command, ReadOnlySpan<RedisArgument> arguments)
    {
        if (_waiting.Count >= _options.MaxWaiting || _waitingBytes >= _options.MaxWaitingBytes)
        {
            command.Fail(new RedisConnectionException(
                $"{command.Name} was not sent: {_waiting.Count} commands of {_waitingBytes} bytes already wait for {_options.Endpoint}. "
                + "Await replies before sending more.", maybeExecuted: false, _lastFailure));
            return;
        }
        _waitingBytes += command.Encode(arguments);
        _waiting.Enqueue(command);
        Volatile.Write(ref _waitingCount, _waiting.Count);
        Interlocked.MemoryBarrier();
        AdmitWaiting();
        EnsureRunning();
    }

    private void AdmitWaiting()
    {
        while (_connection is { HasRoom: true } connection && TryTakeWaiting(out var command))
        {
            if (command.IsCompleted)
                command.ReleaseEncoded();
            else
                connection.SendEncoded(command);
        }
    }

    private bool TryTakeWaiting([MaybeNullWhen(false)] out PendingCommand command)
    {
        if (!_waiting.TryDequeue(out command))
            return false;
        _waitingBytes -= command.Encoded.Length;
        Volatile.Write(ref _waitingCount, _waiting.Count);
        return true;
    }

    private void FailWaiting(Func<PendingCommand, Exception> reason, Func<PendingCommand, bool>? which = null)
    {
        for (var left = _waiting.Count; left > 0 && TryTakeWaiting(out var command); left--)
        {
            if (!command.IsCompleted && which?.Invoke(command) == false)
            {
                _waitingBytes += command.Encoded.Length;
                _waiting.Enqueue(command); // keeps its place: every other one is taken out and put back too
                continue;
            }
            if (!command.IsCompleted)
                command.Fail(reason(command));
            command.ReleaseEncoded();
        }
        Volatile.Write(ref _waitingCount, _waiting.Count);
    }

    private void EnsureRunning()
    {
        if (_isRunning)
            return;
        _isRunning = true;
        _sweepTimer ??= _options.TimeProvider.CreateTimer(static self => ((Multiplexer)self!).Sweep(), this, _sweepInterval, _sweepInterval);
        _connecting = Task.Run(RunAsync);
    }

    private async Task RunAsync()
    {
        while (await ConnectAsync() is { } connection)
        {
            var connectedAt = _options.TimeProvider.GetTimestamp();
            await connection.Completion;
            bool stop;
            lock (Gate)
            {
                _connection = null;
                _lastFailure = connection.CloseReason;
                stop = _disposed || (!_keepConnected && _waiting.Count == 0);
                _isRunning = !stop;
            }
            if (stop)
                return;
            if (connection.CloseReason is OperationCanceledException)
                continue; // closed on purpose
            Log.Lost(_logger, _options.Endpoint, connection.CloseReason!.Message);
            if (_options.TimeProvider.GetElapsedTime(connectedAt) > _options.MaxReconnectDelay)
                _backoff.Reset();
            await PauseAsync();
        }
    }

    // Tries until it has a connection; null when the multiplexer is disposed of.
    private async Task<RespConnection?> ConnectAsync()
    {
        while (!_disposed)
        {
            try
            {
                return await ConnectOnceAsync();
            }
            catch (Exception e) when (!_disposed)
            {
                Log.CannotConnect(_logger, _options.Endpoint, e.Message);
                lock (Gate)
                {
                    _lastFailure = e;
                    if (IsHopeless(e))
                        FailWaiting(command => new RedisConnectionException(
                            $"{command.Name} was not sent: {_options.Endpoint} refuses this client: {e.Message}", maybeExecuted: false, e));
                }
            }
            catch (Exception)
            {
                break; // because we are disposed of
            }
            await PauseAsync();
        }
        return null;
    }

    private async Task<RespConnection> ConnectOnceAsync()
    {
        using var timeout = new CancellationTokenSource(_options.ConnectTimeout, _options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stopping.Token);
        RespConnection? connection = null;
        try
        {
            connection = await RespConnection.OpenAsync(_options, this, either.Token);
            await Handshake.RunAsync(connection, _options, Gate, either.Token);
            lock (Gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                _connection = connection;
                _lastFailure = null;
                OnConnected?.Invoke();
                AdmitWaiting();
            }
            Log.Connected(_logger, _options.Endpoint);
            return connection;
        }
        catch (Exception e)
        {
            if (connection is not null)
                await connection.DisposeAsync();
            if (timeout.IsCancellationRequested)
                throw new TimeoutException($"no connection within {_options.ConnectTimeout.TotalSeconds:0.###} s.", e);
            throw;
        }
    }

    // Errors that waiting does not cure: a wrong password, a certificate that is not trusted, no such database, an ancient server.
    private static bool IsHopeless(Exception e) => e is AuthenticationException
        or RedisServerException { Code: "WRONGPASS" or "NOAUTH" or "NOPERM" or "NOPROTO" or "DENIED" }
        or RedisServerException { Code: "ERR", Message: not "ERR max number of clients reached" };

    private async Task PauseAsync()
    {
        try
        {
            await Task.Delay(_backoff.Next(), _options.TimeProvider, _stopping.Token);
        }
        catch (OperationCanceledException)
        {
            return; // disposed of; the caller looks
        }
    }

    private void Sweep()
    {
        lock (Gate)
        {
            if (_disposed)
                return;
            var now = _options.TimeProvider.GetTimestamp();
            if (_waiting.Count > 0)
                FailWaiting(NotSentInTime, command => command.Deadline <= now);
            if (_connection is not { } connection)
                return;
            if (connection.FailExpired(now) && connection.SinceLastReceived > _options.CommandTimeout)
                connection.Close(new TimeoutException($"the server has been silent for {connection.SinceLastReceived.TotalSeconds:0.#} s."));
            else if (_keepConnected && connection.IsIdle && connection.SinceLastReceived > _options.KeepAliveInterval)
                connection.Send(new PendingCommand<bool>("PING", now + _timeoutTicks, static _ => true), ["PING"]);
        }
    }

    private RedisTimeoutException NotSentInTime(PendingCommand command) => new(
        _connection is null
            ? $"{command.Name} was not sent: no connection to {_options.Endpoint} in time{(_lastFailure is { } e ? $" ({e.Message})" : "")}."
            : $"{command.Name} was not sent: {_options.Endpoint} did not take the commands before it in time.",
        maybeExecuted: false, _lastFailure);

    private long ToTimestamp(TimeSpan time) => (long)(time.TotalSeconds * _options.TimeProvider.TimestampFrequency);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Connected to Redis at {Endpoint}")]
        public static partial void Connected(ILogger logger, string endpoint);

        [LoggerMessage(2, LogLevel.Warning, "Lost the connection to Redis at {Endpoint}: {Reason}")]
        public static partial void Lost(ILogger logger, string endpoint, string reason);

        [LoggerMessage(3, LogLevel.Warning, "Cannot connect to Redis at {Endpoint}: {Reason}")]
        public static partial void CannotConnect(ILogger logger, string endpoint, string reason);
    }
}
