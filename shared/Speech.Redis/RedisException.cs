namespace Speech.Redis;

/// <summary>Anything that can go wrong between this client and a Redis server.</summary>
public abstract class RedisException(string message, Exception? inner = null) : Exception(message, inner);

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
}

/// <summary>The connection could not be made, or was lost before the reply came.</summary>
public class RedisConnectionException(string message, bool maybeExecuted, Exception? inner = null) : RedisException(message, inner)
{
    /// <summary>
    /// False: the server cannot have seen the whole command, so sending it again is safe. True: the command had been handed to
    /// the operating system; it may or may not have run.
    /// </summary>
    public bool MaybeExecuted { get; } = maybeExecuted;

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
public sealed class RedisProtocolException(string message) : RedisException(message);
