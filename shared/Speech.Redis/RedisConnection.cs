using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Speech.Redis;

/// <summary>
/// One of the package's multiplexers, made when the first command comes. A command that finds no connection waits here for one, in the
/// order of coming, up to <see cref="RedisOptions.CommandTimeout"/>, and may be cancelled; one that was sent is never sent again.
/// </summary>
internal sealed partial class RedisConnection : IAsyncDisposable
{
    private readonly RedisOptions _options;
    private readonly ConfigurationOptions _configuration;
    private readonly ILogger _logger;
    private readonly ConnectionLog _log = new();
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _disposing = new();
    private Task<ConnectionMultiplexer>? _attempt; // under the gate
    private volatile ConnectionMultiplexer? _multiplexer; // set under the gate
    private Action<ConnectionMultiplexer>? _watch; // under the gate
    private volatile Exception? _lastFailure; // to connect for the first time

    // Replies and connections are served by threads of their own: they come in time also when the pool has none to spare.
    static RedisConnection() => ConnectionMultiplexer.SetFeatureFlag("DedicatedThreads", true);

    /// <param name="options">Where Redis is.</param>
    /// <param name="asyncTimeout">After this the package itself gives a command up.</param>
    /// <param name="logger">Told when connections come and go.</param>
    public RedisConnection(RedisOptions options, TimeSpan asyncTimeout, ILogger logger)
    {
        _options = options;
        _configuration = RedisConfiguration.From(options, asyncTimeout);
        _configuration.LoggerFactory = _log;
        _logger = logger;
    }

    public bool IsConnected => _multiplexer?.IsConnected == true;

    /// <summary>Why there is no connection right now; null when nothing is known to be wrong.</summary>
    public Exception? LastFailure => IsConnected ? null
        : _multiplexer is null ? _lastFailure
        : _log.Last is { } last ? RedisErrors.Cause(last) : null;

    /// <summary>Calls back with the multiplexer, if there is one, and with each new one before its first command.</summary>
    public void Watch(Action<ConnectionMultiplexer> watch)
    {
        lock (_gate)
        {
            _watch += watch;
            if (_multiplexer is { } multiplexer)
                watch(multiplexer);
        }
    }

    /// <summary>Sends a command when there is a connection.</summary>
    /// <param name="command">Called again when it was certainly not sent. The memory behind its arguments must stay as it is.</param>
    /// <param name="replyWithin">Time for the server's answer, from when it was sent.</param>
    /// <param name="cancellationToken">Ends the waiting; what was sent still runs on the server.</param>
    /// <exception cref="RedisException">Any failure.</exception>
    public async Task<T> RunAsync<T>(Func<IDatabase, Task<T>> command, TimeSpan replyWithin, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_disposing.IsCancellationRequested, this);
        var since = _options.TimeProvider.GetTimestamp();
        while (true)
        {
            try
            {
                var reply = _turn.CurrentCount > 0 && _multiplexer is { IsConnected: true } multiplexer
                    ? command(multiplexer.GetDatabase())
                    : await SendInTurnAsync(command, since, cancellationToken);
                return await reply.WaitAsync(replyWithin, _options.TimeProvider, cancellationToken);
            }
            catch (RedisConnectionException e) when (RedisErrors.IsOnItsWay(e) && Left(since) > TimeSpan.Zero)
            {
                await PauseAsync(cancellationToken); // the connection is being made anew
            }
            catch (ObjectDisposedException e) when (_disposing.IsCancellationRequested)
            {
                throw RedisErrors.NotSent("The Redis client was disposed of.", e);
            }
            catch (RedisConnectionException e) when (_disposing.IsCancellationRequested)
            {
                throw e.MaybeExecuted
                    ? RedisErrors.NoReply("The Redis client was disposed of.", e)
                    : RedisErrors.NotSent("The Redis client was disposed of.", e);
            }
            catch (Exception e) when (RedisErrors.Translate(e, _options) is { } error)
            {
                throw error;
            }
        }
    }

    /// <summary>Closes at once. What is in flight fails; the next command connects again.</summary>
    public async Task DropAsync()
    {
        ConnectionMultiplexer? multiplexer;
        lock (_gate)
        {
            (multiplexer, _multiplexer) = (_multiplexer, null);
        }
        if (multiplexer is not null)
            await CloseAsync(multiplexer);
    }

    public async ValueTask DisposeAsync()
    {
        await _disposing.CancelAsync();
        await DropAsync();
    }

    private static async Task CloseAsync(ConnectionMultiplexer multiplexer)
    {
        await multiplexer.CloseAsync(allowCommandsToComplete: false);
        await multiplexer.DisposeAsync();
    }

    private TimeSpan Left(long since) => _options.CommandTimeout - _options.TimeProvider.GetElapsedTime(since);

    private Task PauseAsync(CancellationToken cancellationToken) =>
        Task.Delay(_options.MinReconnectDelay * (0.75 + Random.Shared.NextDouble() / 2), _options.TimeProvider, cancellationToken);

    private async Task<Task<T>> SendInTurnAsync<T>(Func<IDatabase, Task<T>> command, long since, CancellationToken cancellationToken)
    {
        var left = Left(since);
        using var patience = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, _options.TimeProvider);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken, _disposing.Token);
        try
        {
            await _turn.WaitAsync(any.Token);
            try
            {
                return command((await ConnectAsync(any.Token)).GetDatabase());
            }
            finally
            {
                _turn.Release();
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw _disposing.IsCancellationRequested
                ? RedisErrors.NotSent("The Redis client was disposed of.")
                : RedisErrors.NotSent($"There was no connection to {_options} in time: {LastFailure?.Message ?? "no answer"}", LastFailure);
        }
    }

    /// <summary>The multiplexer when it is connected. Fails at once when no waiting would help, such as for a wrong password.</summary>
    private async Task<ConnectionMultiplexer> ConnectAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (await Attempt().WaitAsync(cancellationToken) is { IsConnected: true } connected)
                    return connected;
            }
            catch (RedisException e) when (e.IsTransient && !RedisErrors.IsRefusal(e))
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
            await PauseAsync(cancellationToken);
        }
    }

    private Task<ConnectionMultiplexer> Attempt()
    {
        lock (_gate)
        {
            // One that failed, or whose multiplexer was closed since, is over.
            var isOver = _attempt is null
                || (_attempt.IsCompleted && (!_attempt.IsCompletedSuccessfully || _attempt.Result != _multiplexer));
            return isOver ? _attempt = Task.Run(MakeAsync) : _attempt!;
        }
    }

    private async Task<ConnectionMultiplexer> MakeAsync()
    {
        ConnectionMultiplexer? multiplexer = null;
        try
        {
            multiplexer = await ConnectionMultiplexer.ConnectAsync(_configuration.Clone());
            await ServerCheck.AssertAsync(multiplexer, _options);
            multiplexer.ConnectionFailed += (_, failure) => LogFailure(failure.Exception);
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposing.IsCancellationRequested, this);
                _watch?.Invoke(multiplexer);
                _multiplexer = multiplexer;
            }
            _lastFailure = null;
            return multiplexer;
        }
        catch (Exception e)
        {
            if (multiplexer is not null)
                await CloseAsync(multiplexer);
            _lastFailure = Explain(e, _log.Last);
            LogFailure(_lastFailure);
            throw _lastFailure;
        }
    }

    private Exception Explain(Exception error, Exception? reason) => error switch
    {
        RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } =>
            RedisErrors.Refused($"{_options} refuses us: {RedisErrors.Cause(error).Message}", error.InnerException),
        RedisConnectionException when error.Message.Contains("not a Sentinel", StringComparison.Ordinal) =>
            RedisErrors.Refused($"{_options} leads to no sentinel: {error.Message}"),
        RedisConnectionException when error.Message.StartsWith("Sentinel:", StringComparison.Ordinal) =>
            RedisErrors.NotSent($"Cannot connect to {_options}: {error.Message}"),
        RedisConnectionException => RedisErrors.NotSent(
            $"Cannot connect to {_options}: {RedisErrors.Cause(reason ?? error).Message}", reason ?? error),
        _ => RedisErrors.Translate(error, _options) ?? error,
    };

    private void LogFailure(Exception? failure)
    {
        if (failure is not null && !_disposing.IsCancellationRequested)
            Log.Disconnected(_logger, _options, RedisErrors.Cause(failure).Message);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "No connection to {Redis}, trying again: {Reason}")]
        public static partial void Disconnected(ILogger logger, RedisOptions redis, string reason);
    }
}
