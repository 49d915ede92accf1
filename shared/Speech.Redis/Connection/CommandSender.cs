using Microsoft.Extensions.Logging;

namespace Speech.Redis;

/// <summary>What takes commands to the server that they are for: one connection that all share, or one to each node of a cluster.</summary>
internal abstract class CommandSender(RedisOptions options) : IAsyncDisposable
{
    /// <param name="options">Where Redis is.</param>
    /// <param name="logger">For what happens to connections.</param>
    /// <param name="keepConnected">Reconnect at once when a connection is lost, rather than when the next command comes.</param>
    public static CommandSender For(RedisOptions options, ILogger logger, bool keepConnected)
    {
        options.Validate();
        return options.Deployment == RedisDeployment.Cluster
            ? new ClusterSender(options, logger, keepConnected)
            : new Multiplexer(options, ServerLocator.For(options), logger, keepConnected);
    }

    public abstract bool IsConnected { get; }

    /// <summary>Why there is no connection to the last server that was tried; null while there is one, or none was wanted yet.</summary>
    public abstract Exception? LastFailure { get; }

    protected RedisOptions Options { get; } = options;

    /// <summary>The command timeout in the TimeProvider's ticks.</summary>
    protected long TimeoutTicks { get; } = ToTimestamp(options, options.CommandTimeout);

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
        var deadline = Options.TimeProvider.GetTimestamp() + TimeoutTicks + (extraTime > TimeSpan.Zero ? ToTimestamp(Options, extraTime) : 0);
        var command = new PendingCommand<T>(arguments[0].ToString(), deadline, convert);
        command.LinkTo(cancellationToken);
        Send(command, arguments);
        return command.Task;
    }

    /// <summary>Senders to each server that holds a part of the keys, for commands about all of them.</summary>
    public abstract ValueTask<IReadOnlyList<CommandSender>> ServersAsync(CancellationToken cancellationToken);

    /// <summary>Closes the present connections, if any. Commands in flight fail.</summary>
    public abstract void Disconnect(Exception reason);

    public abstract ValueTask DisposeAsync();

    protected abstract void Send(PendingCommand command, ReadOnlySpan<RedisArgument> arguments);

    private static long ToTimestamp(RedisOptions options, TimeSpan time) => (long)(time.TotalSeconds * options.TimeProvider.TimestampFrequency);
}
