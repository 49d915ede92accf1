using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Speech.Redis;

/// <summary>
/// A Redis client that any number of threads share. All commands travel pipelined over one connection (in a cluster: one to each master),
/// which is made when the first command comes and remade in the background when it is lost, to the new master after a failover.
/// <list type="bullet">
/// <item>A command issued while there is no connection waits for one up to <see cref="RedisOptions.CommandTimeout"/>.</item>
/// <item>A command in flight when the connection is lost fails with <see cref="RedisConnectionException"/>, whose MaybeExecuted says
/// whether it may have run; this client never repeats a command by itself. (A node of a cluster that has not run a command, but names
/// another that would, is followed.)</item>
/// <item>A cancelled command that was already sent still runs on the server; its reply is skipped.</item>
/// <item>An error reply becomes a <see cref="RedisServerException"/>.</item>
/// <item>In a cluster, all keys of one command or script must lie in one slot: an <see cref="ArgumentException"/> says which do not.</item>
/// <item>Commands must not block on the server (XREADGROUP BLOCK, BLPOP): everyone would wait. That is what
/// <see cref="RedisBlockingConnection"/> is for.</item>
/// </list>
/// </summary>
public sealed partial class RedisClient : IAsyncDisposable
{
    private readonly CommandSender _sender;

    public RedisClient(RedisOptions options, ILogger<RedisClient>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        _sender = CommandSender.For(options, logger ?? NullLogger<RedisClient>.Instance, keepConnected: true);
    }

    public RedisOptions Options { get; }

    /// <summary>Whether there is a connection right now, in a cluster to any of its masters. Before the first command there is none.</summary>
    public bool IsConnected => _sender.IsConnected;

    /// <summary>Why there is no connection right now, in a cluster to one of its masters; null when nothing is known to be wrong.</summary>
    public Exception? LastFailure => _sender.LastFailure;

    /// <summary>Sends any command that does not block and returns its reply.</summary>
    public Task<RespValue> ExecuteAsync(params ReadOnlySpan<RedisArgument> arguments) => ExecuteAsync(arguments, CancellationToken.None);

    /// <inheritdoc cref="ExecuteAsync(ReadOnlySpan{RedisArgument})"/>
    public Task<RespValue> ExecuteAsync(ReadOnlySpan<RedisArgument> arguments, CancellationToken cancellationToken) =>
        SendAsync(arguments, static reply => reply, cancellationToken);

    public ValueTask DisposeAsync() => _sender.DisposeAsync();

    internal Task<T> SendAsync<T>(
        ReadOnlySpan<RedisArgument> arguments, Func<RespValue, T> convert, CancellationToken cancellationToken) =>
        _sender.SendAsync(arguments, convert, TimeSpan.Zero, cancellationToken);

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
