using StackExchange.Redis;

namespace Speech.Redis;

/// <summary>
/// What the package does not ask of a server that it connects to: whether it is what the URL says, has let us in as whom we are, has our
/// database, and is ready.
/// </summary>
internal static class ServerCheck
{
    private const string DefaultUser = "default";

    /// <exception cref="RedisConnectionException">It is not; the message says what is wrong.</exception>
    /// <exception cref="RedisServerException">It is not ready.</exception>
    public static async Task AssertAsync(ConnectionMultiplexer multiplexer, RedisOptions options)
    {
        var database = multiplexer.GetDatabase();
        var isCluster = multiplexer.GetServers().Any(server => server.ServerType == ServerType.Cluster);
        if (options.Deployment == RedisDeployment.Cluster && !isCluster)
            throw RedisErrors.Refused($"{options} is no cluster (its server has cluster support disabled).");
        await database.PingAsync();
        if (options.Password is not null)
            await AssertUserAsync(database, options);
        if (options.Database != 0)
            await AssertDatabaseAsync(database, options);
    }

    // Where the default user needs no password, a wrong one is no error to the package: it goes on as that user.
    private static async Task AssertUserAsync(IDatabase database, RedisOptions options)
    {
        try
        {
            var user = (string?)await database.ExecuteAsync("ACL", "WHOAMI");
            if (user != (options.Username ?? DefaultUser))
                throw RedisErrors.Refused($"{options} has let us in as '{user}', so the user or its password is wrong (WRONGPASS).");
        }
        catch (RedisServerException e) when (e.Code == "NOPERM")
        {
            return; // a user who may not ask is none that everybody can be
        }
    }

    private static async Task AssertDatabaseAsync(IDatabase database, RedisOptions options)
    {
        try
        {
            await database.KeyExistsAsync("speech");
        }
        catch (RedisServerException e) when (e.Code == "NOPERM")
        {
            return; // of the key, and so in the database
        }
        catch (Exception e) when (e is RedisCommandException or RedisServerException { IsTransient: false })
        {
            throw RedisErrors.Refused($"There is no database {options.Database} at {options}: {e.Message}");
        }
    }
}
