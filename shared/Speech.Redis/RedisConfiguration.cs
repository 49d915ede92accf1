using System.Net;
using StackExchange.Redis;

namespace Speech.Redis;

/// <summary>Our options in the package's words.</summary>
internal static class RedisConfiguration
{
    /// <param name="options">Where Redis is.</param>
    /// <param name="asyncTimeout">After this the package itself gives a command up.</param>
    public static ConfigurationOptions From(RedisOptions options, TimeSpan asyncTimeout)
    {
        options.Validate();
        var configuration = new ConfigurationOptions
        {
            Protocol = RedisProtocol.Resp3,
            DefaultDatabase = options.Deployment == RedisDeployment.Cluster ? null : options.Database,
            User = options.Username,
            Password = options.Password,
            ServiceName = options.MasterName,
            SentinelUser = options.SentinelUsername,
            SentinelPassword = options.SentinelPassword,
            ClientName = options.ClientName,
            Ssl = options.UseTls,
            ConnectTimeout = (int)options.ConnectTimeout.TotalMilliseconds,
            AsyncTimeout = (int)asyncTimeout.TotalMilliseconds,
            SyncTimeout = (int)options.CommandTimeout.TotalMilliseconds,
            KeepAlive = Seconds(options.KeepAliveInterval),
            ConfigCheckSeconds = Seconds(options.KeepAliveInterval),
            ReconnectRetryPolicy = new ExponentialRetry(
                (int)options.MinReconnectDelay.TotalMilliseconds, (int)options.MaxReconnectDelay.TotalMilliseconds),

            // The first connection is tried by us, who tell why it failed; from then on the package makes it anew.
            AbortOnConnectFail = true,
            ConnectRetry = 1,

            // What cannot be sent now waits with us, where it can be cancelled and counted.
            BacklogPolicy = BacklogPolicy.FailFast,

            // Nothing in Redis that is not ours: no channel and no key of the package's own.
            ConfigurationChannel = "",
            TieBreaker = "",
            SetClientLibrary = false,

            AllowAdmin = true, // CLIENT and CONFIG are refused otherwise; the server's access list says what may be done
            IncludeDetailInExceptions = false, // lines of counters, in which the reason is lost
        };
        if (options.CertificateValidation is { } validation)
            configuration.CertificateValidation += validation;
        var single = options.Deployment == RedisDeployment.Single;
        foreach (var server in single ? [new RedisEndpoint(options.Host, options.Port)] : options.Seeds)
            configuration.EndPoints.Add(EndPointOf(server));
        return configuration;
    }

    private static EndPoint EndPointOf(RedisEndpoint server) =>
        IPAddress.TryParse(server.Host, out var address) ? new IPEndPoint(address, server.Port) : new DnsEndPoint(server.Host, server.Port);

    private static int Seconds(TimeSpan time) => Math.Max(1, (int)time.TotalSeconds);
}
