namespace Speech.Redis;

/// <summary>How a new connection introduces itself.</summary>
internal static class Handshake
{
    /// <summary>HELLO 3 with credentials and name, SELECT, and a PING that fails while the server still loads its data.</summary>
    public static async Task RunAsync(RespConnection connection, RedisOptions options, Lock gate, CancellationToken cancellationToken)
    {
        using var abort = cancellationToken.UnsafeRegister(
            static (c, _) => ((RespConnection)c!).Close(new TimeoutException("the server did not answer the greeting.")), connection);
        List<Task<bool>> replies = [];
        lock (gate)
        {
            if (options.Password is { } password)
                Send("HELLO", 3, "AUTH", options.Username ?? "default", password, "SETNAME", options.ClientName);
            else
                Send("HELLO", 3, "SETNAME", options.ClientName);
            if (options.Database != 0)
                Send("SELECT", options.Database);
            Send("PING");
        }
        try
        {
            await Task.WhenAll(replies);
        }
        catch (RedisException)
        {
            await replies.First(reply => reply.IsFaulted); // the first refusal explains the others
        }

        void Send(params ReadOnlySpan<RedisArgument> arguments)
        {
            var command = new PendingCommand<bool>(arguments[0].ToString(), long.MaxValue, static _ => true);
            replies.Add(command.Task);
            connection.Send(command, arguments);
        }
    }
}
