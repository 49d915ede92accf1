using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Speech.Redis;

/// <summary>
/// A process's one client of Redis, which any number of threads share: StackExchange.Redis, with cancellation, and with exceptions that say
/// whether waiting may help. It connects when the first command comes.
/// <list type="bullet">
/// <item>A command issued while there is no connection waits for one up to <see cref="RedisOptions.CommandTimeout"/>.</item>
/// <item>A command in flight when the connection is lost fails with <see cref="RedisConnectionException"/>, whose MaybeExecuted says
/// whether it may have run; none is ever repeated that may.</item>
/// <item>A cancelled command that was already sent still runs on the server; its reply is skipped.</item>
/// <item>In a cluster, all keys of one command or script must lie in one slot; a <see cref="RedisCommandException"/> says when not.</item>
/// <item>Commands must not block on the server (XREADGROUP BLOCK, BLPOP): everyone would wait. That is what
/// <see cref="RedisBlockingConnection"/> is for.</item>
/// </list>
/// </summary>
public sealed partial class RedisClient : IAsyncDisposable
{
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public RedisClient(RedisOptions options, ILogger<RedisClient>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        Connection = new RedisConnection(options, options.CommandTimeout, logger ?? NullLogger<RedisClient>.Instance);
        _outgoing = new OutgoingBytes(options);
    }

    public RedisOptions Options { get; }

    /// <summary>Whether there is a connection now, in a cluster to any of its servers. Before the first command there is none.</summary>
    public bool IsConnected => Connection.IsConnected;

    /// <summary>Why there is no connection right now; null when nothing is known to be wrong.</summary>
    public Exception? LastFailure => Connection.LastFailure;

    internal RedisConnection Connection { get; }

    /// <summary>Runs a command of the package's.</summary>
    /// <param name="command">
    /// Called again when it was certainly not sent. The memory behind its arguments must stay as it is until the end.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RedisException">Any failure of Redis, of the connection, or for want of time.</exception>
    public Task<T> RunAsync<T>(Func<IDatabase, Task<T>> command, CancellationToken cancellationToken = default) =>
        Connection.RunAsync(command, Options.CommandTimeout, cancellationToken);

    /// <summary>Sends any command that does not block. In a cluster a key among the arguments must be a <see cref="RedisKey"/>.</summary>
    public Task<RedisResult> ExecuteAsync(string command, params object[] arguments) =>
        ExecuteAsync(command, arguments, CancellationToken.None);

    /// <inheritdoc cref="ExecuteAsync(string, object[])"/>
    public Task<RedisResult> ExecuteAsync(string command, object[] arguments, CancellationToken cancellationToken) =>
        RunAsync(database => database.ExecuteAsync(command, arguments), cancellationToken);

    public ValueTask DisposeAsync() => Connection.DisposeAsync();
}
