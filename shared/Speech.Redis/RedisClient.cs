using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Speech.Redis;

/// <summary>
/// A Redis client that any number of threads share. All commands travel pipelined over one connection, which is made when the first
/// command comes and remade in the background when it is lost.
/// <list type="bullet">
/// <item>A command issued while there is no connection waits for one up to <see cref="RedisOptions.CommandTimeout"/>.</item>
/// <item>A command in flight when the connection is lost fails with <see cref="RedisConnectionException"/>, whose MaybeExecuted says
/// whether it may have run; this client never repeats a command by itself.</item>
/// <item>A cancelled command that was already sent still runs on the server; its reply is skipped.</item>
/// <item>An error reply becomes a <see cref="RedisServerException"/>.</item>
/// <item>Commands must not block on the server (XREADGROUP BLOCK, BLPOP): everyone would wait. That is what
/// <see cref="RedisBlockingConnection"/> is for.</item>
/// </list>
/// </summary>
public sealed partial class RedisClient : IAsyncDisposable
{
    private readonly Multiplexer _multiplexer;

    public RedisClient(RedisOptions options, ILogger<RedisClient>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        _multiplexer = new Multiplexer(options, logger ?? NullLogger<RedisClient>.Instance, keepConnected: true);
    }

    public RedisOptions Options { get; }

    /// <summary>Whether there is a connection right now. Before the first command there is none.</summary>
    public bool IsConnected => _multiplexer.IsConnected;

    /// <summary>Sends any command that does not block and returns its reply.</summary>
    public Task<RespValue> ExecuteAsync(params ReadOnlySpan<RedisArgument> arguments) => ExecuteAsync(arguments, CancellationToken.None);

    /// <inheritdoc cref="ExecuteAsync(ReadOnlySpan{RedisArgument})"/>
    public Task<RespValue> ExecuteAsync(ReadOnlySpan<RedisArgument> arguments, CancellationToken cancellationToken) =>
        SendAsync(arguments, static reply => reply, cancellationToken);

    public ValueTask DisposeAsync() => _multiplexer.DisposeAsync();

    internal Task<T> SendAsync<T>(
        ReadOnlySpan<RedisArgument> arguments, Func<RespValue, T> convert, CancellationToken cancellationToken) =>
        _multiplexer.SendAsync(arguments, convert, TimeSpan.Zero, cancellationToken);

    private Task<T> SendAsync<T>(ref ArgumentList arguments, Func<RespValue, T> convert, CancellationToken cancellationToken)
    {
        try
        {
            return SendAsync(arguments.Span, convert, cancellationToken);
        }
        finally
        {
            arguments.Release();
        }
    }
}
