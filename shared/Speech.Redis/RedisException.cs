namespace Speech.Redis;

/// <summary>Anything that can go wrong between this client and a Redis server.</summary>
public abstract class RedisException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>
    /// Whether waiting may cure it: Redis is away, starting, full, failing over or moving keys. False for what only a person can put right,
    /// such as a wrong password or a key of another type.
    /// </summary>
    public abstract bool IsTransient { get; }
}

/// <summary>The server answered a command with an error.</summary>
public sealed class RedisServerException : RedisException
{
    public RedisServerException(string message) : base(message)
    {
        var end = message.IndexOf(' ', StringComparison.Ordinal);
        Code = end < 0 ? message : message[..end];
    }

    /// <summary>The first word of the error: ERR, WRONGTYPE, NOSCRIPT, BUSYGROUP, NOGROUP, …</summary>
    public string Code { get; }

    // LOADING: reading its file. BUSY: a script runs for too long. MASTERDOWN, READONLY: a replica, so a failover is under way or is
    // to come. OOM: maxmemory. MISCONF: cannot write to its disk. NOREPLICAS: min-replicas-to-write. CLUSTERDOWN, TRYAGAIN, MOVED, ASK:
    // slots are on their way from node to node, or have no node now. In each case the command has changed nothing.
    public override bool IsTransient => Code is "LOADING" or "BUSY" or "MASTERDOWN" or "READONLY" or "OOM" or "MISCONF" or "NOREPLICAS"
        or "CLUSTERDOWN" or "TRYAGAIN" or "MOVED" or "ASK";
}

/// <summary>The connection could not be made, or was lost before the reply came.</summary>
public class RedisConnectionException(string message, bool maybeExecuted, Exception? inner = null) : RedisException(message, inner)
{
    /// <summary>
    /// False: the server cannot have seen the whole command, so sending it again is safe. True: the command had been handed to
    /// the operating system; it may or may not have run.
    /// </summary>
    public bool MaybeExecuted { get; } = maybeExecuted;

    public override bool IsTransient => true;

    /// <summary>Whether the command was in flight when its connection was lost; the next connection may do better.</summary>
    internal bool WasInFlight { get; init; }
}

/// <summary>A command was not sent, or not answered, within its time.</summary>
public sealed class RedisTimeoutException(string message, bool maybeExecuted, Exception? inner = null)
    : RedisConnectionException(message, maybeExecuted, inner);

/// <summary>
/// The server sent bytes that are not RESP, or a reply larger or of another shape than expected. Bytes that cannot be parsed end
/// the connection; a reply of an unexpected shape fails only its own command.
/// </summary>
public sealed class RedisProtocolException(string message) : RedisException(message)
{
    public override bool IsTransient => false;
}
