using System.Diagnostics.CodeAnalysis;
using StackExchange.Redis;

namespace Speech.Redis;

/// <summary>
/// What the package's exceptions mean to us, and the one place where its other exceptions become a <see cref="RedisException"/>: whoever
/// asks Redis catches that one, and asks it whether waiting may help.
/// </summary>
[SuppressMessage("Naming", "CA1708", Justification = "The analyzer takes extension blocks for members of one name.")]
public static class RedisErrors
{
    extension(RedisException error)
    {
        /// <summary>
        /// Whether waiting may cure it: Redis is away, starting, full, failing over or moving keys. False for what only a person can put
        /// right, such as a key of another type.
        /// </summary>
        // LOADING: reading its file. BUSY: a script runs for too long. MASTERDOWN, READONLY: a replica, so a failover is under way or is
        // to come. OOM: maxmemory. MISCONF: cannot write to its disk. NOREPLICAS: min-replicas-to-write. CLUSTERDOWN, TRYAGAIN, MOVED, ASK:
        // slots are on their way from node to node, or have no node now. In each case the command has changed nothing.
        public bool IsTransient => error is RedisConnectionException || (error as RedisServerException)?.Code
            is "LOADING" or "BUSY" or "MASTERDOWN" or "READONLY" or "OOM" or "MISCONF" or "NOREPLICAS"
            or "CLUSTERDOWN" or "TRYAGAIN" or "MOVED" or "ASK";
    }

    extension(RedisServerException error)
    {
        /// <summary>
        /// The first word of the server's error: ERR, WRONGTYPE, BUSYGROUP, NOGROUP, … (the package knows some of them only.)
        /// </summary>
        public string Code => FirstWord(error.Message);
    }

    extension(RedisConnectionException error)
    {
        /// <summary>
        /// False: the command has not left this process, so sending it again is safe. True: it may or may not have run.
        /// </summary>
        public bool MaybeExecuted => error.CommandStatus is not (CommandStatus.WaitingToBeSent or CommandStatus.WaitingInBacklog);
    }

    /// <summary>A command that was not sent.</summary>
    internal static RedisConnectionException NotSent(string message, Exception? inner = null) =>
        new(ConnectionFailureType.UnableToConnect, CommandFlags.None, message, inner, CommandStatus.WaitingToBeSent);

    /// <summary>A server that will not have us, however long we try.</summary>
    internal static RedisConnectionException Refused(string message, Exception? inner = null) =>
        new(ConnectionFailureType.AuthenticationFailure, CommandFlags.None, message, inner, CommandStatus.WaitingToBeSent);

    /// <summary>
    /// A command that no server has run, for the connection to the right one is being made: after a loss, or when a node of a cluster has
    /// sent us to another one (MOVED, ASK) that the package does not know yet.
    /// </summary>
    internal static bool IsOnItsWay(RedisConnectionException error) =>
        (!error.MaybeExecuted && error.FailureType == ConnectionFailureType.UnableToResolvePhysicalConnection) || IsSentNowhere(error);

    internal static bool IsRefusal(Exception error) =>
        error is RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure };

    /// <summary>A command that the server may have run.</summary>
    internal static RedisConnectionException NoReply(string message, Exception? inner = null) =>
        new(ConnectionFailureType.None, CommandFlags.None, message, inner, CommandStatus.Sent);

    /// <summary>
    /// What to say in place of an exception of the package: one that is no <see cref="RedisException"/> but means one, or one whose message
    /// tells people nothing. Null for all others.
    /// </summary>
    internal static RedisException? Translate(Exception exception, RedisOptions options) => exception switch
    {
        RedisTimeoutException { Commandstatus: CommandStatus.WaitingToBeSent or CommandStatus.WaitingInBacklog } =>
            NotSent($"{options} did not take the command in time.", exception),
        TimeoutException => NoReply($"{options} did not answer in time.", exception),
        RedisConnectionException sent when IsSentNowhere(sent) => NotSent(exception.Message, exception),
        RedisConnectionException lost when Reason(lost) is { } reason =>
            new RedisConnectionException(lost.FailureType, CommandFlags.None, $"{options}: {reason}", lost, lost.CommandStatus),
        // Said by the client itself, of a server whose part in a failover it knows.
        RedisCommandException when exception.Message.Contains("replica", StringComparison.Ordinal) => NotSent(exception.Message, exception),
        _ => null,
    };

    /// <summary>The first cause of a failure, in words.</summary>
    internal static Exception Cause(Exception exception)
    {
        while (exception.InnerException is { } inner)
            exception = inner;
        return exception is RedisConnectionException lost && Reason(lost) is { } reason ? NotSent(reason, lost) : exception;
    }

    private static bool IsSentNowhere(RedisConnectionException error) =>
        error.Message.Contains("is not reachable at this point of time", StringComparison.Ordinal);

    // Of some failures the package says no more than the name that it has for them, and its own version.
    private static string? Reason(RedisConnectionException lost) =>
        !lost.Message.StartsWith(lost.FailureType.ToString(), StringComparison.Ordinal) ? null
        : lost.FailureType switch
        {
            ConnectionFailureType.Loading => "LOADING Redis is reading its file",
            ConnectionFailureType.SocketClosed => "the connection was closed",
            ConnectionFailureType.SocketFailure => "the connection broke off",
            ConnectionFailureType.UnableToConnect => "nothing answers there",
            var other => $"the connection was lost ({other})",
        };

    private static string FirstWord(string message)
    {
        var end = message.IndexOf(' ', StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }
}
