namespace Speech.Redis;

/// <summary>How a new connection introduces itself.</summary>
internal static class Handshake
{
    /// <summary>HELLO 3 with credentials and name, SELECT, and a PING that fails while the server still loads its data.</summary>
    public static Task RunAsync(RespConnection connection, RedisOptions options, Lock gate, CancellationToken cancellationToken)
    {
        List<RedisArgument[]> commands =
        [
            options.Password is { } password
                ? ["HELLO", 3, "AUTH", options.Username ?? "default", password, "SETNAME", options.ClientName]
                : ["HELLO", 3, "SETNAME", options.ClientName],
        ];
        if (options.Database != 0)
            commands.Add(["SELECT", options.Database]);
        commands.Add(["PING"]);
        return AskAsync(connection, gate, commands, cancellationToken);
    }

    /// <summary>Sends commands together and returns their replies. Closes the connection when cancelled.</summary>
    public static async Task<RespValue[]> AskAsync(
        RespConnection connection, Lock gate, IReadOnlyList<RedisArgument[]> commands, CancellationToken cancellationToken)
    {
        using var abort = cancellationToken.UnsafeRegister(
            static (c, _) => ((RespConnection)c!).Close(new TimeoutException("the server did not answer the greeting.")), connection);
        var replies = new List<Task<RespValue>>();
        lock (gate)
        {
            foreach (var arguments in commands)
            {
                var command = new PendingCommand<RespValue>(arguments[0].ToString(), long.MaxValue, static reply => reply);
                replies.Add(command.Task);
                connection.Send(command, arguments);
            }
        }
        try
        {
            return await Task.WhenAll(replies);
        }
        catch (RedisException)
        {
            await replies.First(reply => reply.IsFaulted); // the first refusal explains the others
            throw;
        }
    }
}
