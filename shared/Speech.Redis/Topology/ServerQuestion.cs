namespace Speech.Redis;

/// <summary>Questions to servers about the others, each over a connection of its own.</summary>
internal static class ServerQuestion
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Asks one server; the replies to <paramref name="commands"/>, none of them an error.</summary>
    public static async Task<RespValue[]> AskAsync(
        RedisOptions options, RedisEndpoint server, string[][] commands, CancellationToken cancellationToken)
    {
        var patience = Patience < options.ConnectTimeout ? Patience : options.ConnectTimeout;
        using var timeout = new CancellationTokenSource(patience, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            var owner = new Owner();
            await using var connection = await RespConnection.OpenAsync(options, server, owner, either.Token);
            await Handshake.RunAsync(connection, options, owner.Gate, either.Token);
            return await Handshake.AskAsync(connection, owner.Gate, [.. commands.Select(Arguments)], either.Token);
        }
        catch (Exception e) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{server} did not answer within {patience.TotalSeconds:0.###} s.", e);
        }
    }

    /// <summary>
    /// Asks several servers at once, so that one which hangs holds nothing up, and returns the first answer that is not an exception.
    /// </summary>
    /// <exception cref="RedisServerException">All have answered with errors.</exception>
    /// <exception cref="RedisConnectionException">None has answered; its message says of each why.</exception>
    public static async Task<T> FirstAnswerAsync<T>(
        IEnumerable<RedisEndpoint> servers, Func<RedisEndpoint, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var asked = servers.ToDictionary(server => ask(server, enough.Token));
        var failures = new List<(RedisEndpoint Server, Exception Error)>();
        try
        {
            await foreach (var answer in Task.WhenEach(asked.Keys).WithCancellation(cancellationToken))
            {
                if (answer.IsCompletedSuccessfully)
                    return await answer;
                failures.Add((asked[answer], answer.Exception?.InnerException ?? new OperationCanceledException(cancellationToken)));
            }
        }
        finally
        {
            await enough.CancelAsync();
            await ((Task)Task.WhenAll(asked.Keys)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        cancellationToken.ThrowIfCancellationRequested();
        throw failures.All(failure => failure.Error is RedisServerException) ? failures[0].Error : new RedisConnectionException(
            string.Join("; ", failures.Select(failure => $"{failure.Server}: {failure.Error.Message}")), maybeExecuted: false, failures[0].Error);
    }

    private static RedisArgument[] Arguments(string[] command) => [.. command.Select(word => (RedisArgument)word)];

    private sealed class Owner : IConnectionOwner
    {
        public Lock Gate { get; } = new();

        public void MadeRoom(RespConnection connection)
        {
            // A few commands always have room.
        }

        public bool ReceivePush(RespValue push) => false;
    }
}
