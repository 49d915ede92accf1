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
internal sealed partial class Multiplexer : CommandSender, IConnectionOwner
{
    private readonly IServerLocator _locator;
    private readonly ILogger _logger;
    private readonly Backoff _backoff;
    private readonly Queue<PendingCommand> _waiting = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TimeSpan _sweepInterval;

    private RespConnection? _connection;
    private Task _connecting = Task.CompletedTask;
    private ITimer? _sweepTimer;
    private Exception? _lastFailure;
    private long _waitingBytes;
    private int _waitingCount; // _waiting.Count, for readers outside the gate
    private volatile bool _keepConnected;
    private bool _isRunning;
    private volatile bool _disposed;

    /// <param name="keepConnected">Reconnect at once when the connection is lost, rather than when the next command comes.</param>
    public Multiplexer(RedisOptions options, IServerLocator locator, ILogger logger, bool keepConnected)
        : base(options)
    {
        options.Validate();
        _locator = locator;
        _logger = logger;
        _keepConnected = keepConnected;
        _backoff = new Backoff(options.MinReconnectDelay, options.MaxReconnectDelay);
        _sweepInterval = TimeSpan.FromMilliseconds(Math.Clamp(options.CommandTimeout.TotalMilliseconds / 10, 10, 250));
    }

    public Lock Gate { get; } = new();

    /// <summary>Called under the gate for each new connection, before what waited for it is sent.</summary>
    public Action? OnConnected { get; init; }

    /// <summary>See <see cref="IConnectionOwner.ReceivePush"/>; without it push messages are dropped.</summary>
    public Func<RespValue, bool>? OnPush { get; init; }

    /// <summary>Called, outside the gate, when the connection is lost and after each attempt in vain to make one.</summary>
    public Action? OnFailure { get; init; }

    /// <summary>Where its commands go, for messages.</summary>
    public string Name => _locator.Name;

    public override bool IsConnected => Volatile.Read(ref _connection) is not null;

    public override Exception? LastFailure => Volatile.Read(ref _lastFailure);

    /// <summary>Whether to reconnect at once when the connection is lost. When it no longer is, an idle connection is closed.</summary>
    public void KeepConnected(bool keep)
    {
        lock (Gate)
        {
            if (_keepConnected && !keep && _connection is { IsIdle: true } idle)
                idle.Close(new OperationCanceledException("the server is not needed any more."));
            _keepConnected = keep;
        }
    }

    protected override void Send(PendingCommand command, ReadOnlySpan<RedisArgument> arguments)
    {
        lock (Gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_waiting.Count == 0 && _connection is { HasRoom: true } connection)
                connection.Send(command, arguments);
            else if (MayWait(command))
                Wait(command, command.Encode(arguments));
        }
    }

    /// <summary>Sends a command that has been encoded before.</summary>
    public void SendEncoded(PendingCommand command)
    {
        lock (Gate)
        {
            if (_disposed)
                command.Fail(new RedisConnectionException($"{command.Name} was not sent: the client was disposed of.", maybeExecuted: false));
            else if (_waiting.Count == 0 && _connection is { HasRoom: true } connection)
            {
                connection.SendEncoded(command);
                return;
            }
            else if (MayWait(command))
            {
                Wait(command, command.Encoded.Length);
                return;
            }
        }
        command.ReleaseEncoded();
    }

    /// <summary>Takes those of the waiting commands that are for another server.</summary>
    public List<PendingCommand> TakeWaiting(Func<PendingCommand, bool> which)
    {
        var taken = new List<PendingCommand>();
        lock (Gate)
            FilterWaiting(which, taken.Add);
        return taken;
    }

    public override ValueTask<IReadOnlyList<CommandSender>> ServersAsync(CancellationToken cancellationToken) => new([this]);

    /// <summary>Closes the present connection, if any. Commands in flight fail.</summary>
    public override void Disconnect(Exception reason)
    {
        RespConnection? connection;
        lock (Gate)
            connection = _connection;
        connection?.Close(reason);
    }

    public override async ValueTask DisposeAsync()
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

    private bool MayWait(PendingCommand command)
    {
        if (_waiting.Count < Options.MaxWaiting && _waitingBytes < Options.MaxWaitingBytes)
            return true;
        command.Fail(new RedisConnectionException(
            $"{command.Name} was not sent: {_waiting.Count} commands of {_waitingBytes} bytes already wait for {Name}. "
            + "Await replies before sending more.", maybeExecuted: false, _lastFailure));
        return false;
    }

    private void Wait(PendingCommand command, int bytes)
    {
        _waitingBytes += bytes;
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

    private void FailWaiting(Func<PendingCommand, Exception> reason, Func<PendingCommand, bool>? which = null) =>
        FilterWaiting(which ?? (static _ => true), command =>
        {
            command.Fail(reason(command));
            command.ReleaseEncoded();
        });

    // The others keep their places: every one is taken out and put back too. Those that were given up are forgotten.
    private void FilterWaiting(Func<PendingCommand, bool> which, Action<PendingCommand> take)
    {
        for (var left = _waiting.Count; left > 0 && TryTakeWaiting(out var command); left--)
        {
            if (command.IsCompleted)
            {
                command.ReleaseEncoded();
            }
            else if (which(command))
            {
                take(command);
            }
            else
            {
                _waitingBytes += command.Encoded.Length;
                _waiting.Enqueue(command);
            }
        }
        Volatile.Write(ref _waitingCount, _waiting.Count);
    }

    private void EnsureRunning()
    {
        if (_isRunning)
            return;
        _isRunning = true;
        _sweepTimer ??= Options.TimeProvider.CreateTimer(static self => ((Multiplexer)self!).Sweep(), this, _sweepInterval, _sweepInterval);
        _connecting = Task.Run(RunAsync);
    }

    private async Task RunAsync()
    {
        while (await ConnectAsync() is { } connection)
        {
            var connectedAt = Options.TimeProvider.GetTimestamp();
            await LastAsync(connection);
            lock (Gate)
            {
                _connection = null;
                _lastFailure = connection.CloseReason;
            }
            var onPurpose = connection.CloseReason is OperationCanceledException;
            if (!onPurpose)
                OnFailure?.Invoke();
            if (!IsWanted())
                return;
            if (onPurpose)
                continue;
            Log.Lost(_logger, connection.Server, connection.CloseReason!.Message);
            if (Options.TimeProvider.GetElapsedTime(connectedAt) > Options.MaxReconnectDelay)
                _backoff.Reset();
            await PauseAsync();
        }
    }

    // Until the connection is closed: by whomever, or by us when another server is the right one.
    private async Task LastAsync(RespConnection connection)
    {
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var moved = _locator.MovedAsync(connection.Server, watching.Token);
        await Task.WhenAny(moved, connection.Completion);
        if (moved.IsCompletedSuccessfully)
            connection.Close(new InvalidOperationException($"{Name} is to be found at another server now."));
        await connection.Completion;
        await watching.CancelAsync();
        await moved.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // Tries until it has a connection; null when none is wanted any more.
    private async Task<RespConnection?> ConnectAsync()
    {
        while (IsWanted())
        {
            try
            {
                if (await ConnectOnceAsync() is { } connection)
                    return connection;
                continue;
            }
            catch (Exception e) when (!_disposed)
            {
                Log.CannotConnect(_logger, Name, e.Message);
                lock (Gate)
                {
                    _lastFailure = e;
                    if (IsHopeless(e))
                        FailWaiting(command => new RedisConnectionException(
                            $"{command.Name} was not sent: {Name} refuses this client: {e.Message}", maybeExecuted: false, e));
                }
            }
            catch (Exception)
            {
                return null; // because we are disposed of
            }
            OnFailure?.Invoke();
            await PauseAsync();
        }
        return null;
    }

    // Otherwise the next command to wait starts all this again.
    private bool IsWanted()
    {
        lock (Gate)
        {
            if (!_disposed && (_keepConnected || _waiting.Count > 0))
                return true;
            _isRunning = false;
            _sweepTimer?.Dispose();
            _sweepTimer = null;
            return false;
        }
    }

    // Null when nobody wants it any more.
    private async Task<RespConnection?> ConnectOnceAsync()
    {
        using var timeout = new CancellationTokenSource(Options.ConnectTimeout, Options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stopping.Token);
        RespConnection? connection = null;
        try
        {
            var server = await _locator.LocateAsync(either.Token);
            if (!_keepConnected && Volatile.Read(ref _waitingCount) == 0)
                return null; // finding the server can take long, and lead commands to another one
            connection = await RespConnection.OpenAsync(Options, server, this, either.Token);
            await Handshake.RunAsync(connection, Options, Gate, either.Token);
            lock (Gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                _connection = connection;
                _lastFailure = null;
                OnConnected?.Invoke();
                AdmitWaiting();
            }
            Log.Connected(_logger, server);
            return connection;
        }
        catch (Exception e)
        {
            if (connection is not null)
                await connection.DisposeAsync();
            if (timeout.IsCancellationRequested)
                throw new TimeoutException($"no connection within {Options.ConnectTimeout.TotalSeconds:0.###} s.", e);
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
            await Task.Delay(_backoff.Next(), Options.TimeProvider, _stopping.Token);
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
            var now = Options.TimeProvider.GetTimestamp();
            if (_waiting.Count > 0)
                FailWaiting(NotSentInTime, command => command.Deadline <= now);
            if (_connection is not { } connection)
                return;
            if (connection.FailExpired(now) && connection.SinceLastReceived > Options.CommandTimeout)
                connection.Close(new TimeoutException($"the server has been silent for {connection.SinceLastReceived.TotalSeconds:0.#} s."));
            else if (_keepConnected && connection.IsIdle && connection.SinceLastReceived > Options.KeepAliveInterval)
                connection.Send(new PendingCommand<bool>("PING", now + TimeoutTicks, static _ => true), ["PING"]);
        }
    }

    private RedisTimeoutException NotSentInTime(PendingCommand command) => new(
        _connection is null
            ? $"{command.Name} was not sent: no connection to {Name} in time{(_lastFailure is { } e ? $" ({e.Message})" : "")}."
            : $"{command.Name} was not sent: {Name} did not take the commands before it in time.",
        maybeExecuted: false, _lastFailure);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Connected to Redis at {Server}")]
        public static partial void Connected(ILogger logger, RedisEndpoint server);

        [LoggerMessage(2, LogLevel.Warning, "Lost the connection to Redis at {Server}: {Reason}")]
        public static partial void Lost(ILogger logger, RedisEndpoint server, string reason);

        [LoggerMessage(3, LogLevel.Warning, "Cannot connect to Redis, {Server}: {Reason}")]
        public static partial void CannotConnect(ILogger logger, string server, string reason);
    }
}
