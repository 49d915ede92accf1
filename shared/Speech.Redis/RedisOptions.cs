using System.Diagnostics.CodeAnalysis;
using System.Net.Security;

namespace Speech.Redis;

/// <summary>Where Redis is and how to talk to it. Its text form never shows the password.</summary>
public sealed record RedisOptions
{
    public const int DefaultPort = 6379;

    public RedisDeployment Deployment { get; init; }

    /// <summary>Of the single server; see <see cref="Seeds"/> for the other deployments.</summary>
    public string Host { get; init; } = "localhost";

    public int Port { get; init; } = DefaultPort;

    /// <summary>The sentinels, or nodes of the cluster to begin with; the others are learnt from those.</summary>
    public IReadOnlyList<RedisEndpoint> Seeds { get; init; } = [];

    /// <summary>What the sentinels call the master.</summary>
    public string? MasterName { get; init; }

    /// <summary>The sentinels' own ACL user and password; null when they ask for none.</summary>
    public string? SentinelUsername { get; init; }

    public string? SentinelPassword { get; init; }

    /// <summary>ACL user; null for the default user.</summary>
    public string? Username { get; init; }

    public string? Password { get; init; }

    public int Database { get; init; }

    public bool UseTls { get; init; }

    /// <summary>How to judge the server's certificate; null: as the operating system does.</summary>
    public RemoteCertificateValidationCallback? CertificateValidation { get; init; }

    /// <summary>What CLIENT LIST shows; printable ASCII without spaces.</summary>
    public string ClientName { get; init; } = "speech";

    /// <summary>How long a command may take from the call to its reply, waiting for a connection included.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one attempt to connect may take, TLS and authentication included.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The first wait after a failed attempt to connect; grows (with jitter) up to <see cref="MaxReconnectDelay"/>.</summary>
    public TimeSpan MinReconnectDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    public TimeSpan MaxReconnectDelay { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// An idle connection is asked for a sign of life this often, and a server for its part in replication or a cluster, in whole seconds.
    /// A server that gives no sign is left after four times the command timeout.
    /// </summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bytes of scripts' arguments sent and not yet answered, at most (one that is larger may go alone); others wait.</summary>
    public int MaxOutgoingBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes of scripts' arguments that wait for room, at most; more fail at once.</summary>
    public int MaxWaitingBytes { get; init; } = 128 * 1024 * 1024;

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>
    /// Reads redis://[[user]:password@]host[:port][/database], redis+sentinel://[…@]sentinel,sentinel/master[/database] or
    /// redis+cluster://[…@]node,node; rediss for TLS. See README.md for all of it.
    /// </summary>
    /// <exception cref="FormatException">The message says what is wrong and never repeats the password.</exception>
    public static RedisOptions Parse(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return RedisUrl.Parse(url);
    }

    public override string ToString() => RedisUrl.Format(this);

    internal void Validate()
    {
        if (ClientName.Length == 0 || ClientName.Any(c => c is <= ' ' or > '~'))
            throw new ArgumentException($"The client name '{ClientName}' must be printable ASCII without spaces.");
        Require(CommandTimeout > TimeSpan.Zero, nameof(CommandTimeout));
        Require(ConnectTimeout > TimeSpan.Zero, nameof(ConnectTimeout));
        Require(MinReconnectDelay > TimeSpan.Zero, nameof(MinReconnectDelay));
        Require(MaxReconnectDelay >= MinReconnectDelay, nameof(MaxReconnectDelay));
        Require(KeepAliveInterval > TimeSpan.Zero, nameof(KeepAliveInterval));
        Require(MaxOutgoingBytes > 0, nameof(MaxOutgoingBytes));
        Require(MaxWaitingBytes >= MaxOutgoingBytes, nameof(MaxWaitingBytes));
        Require(Username is null || Password is not null, nameof(Password));
        Require(Deployment == RedisDeployment.Single || Seeds.Count > 0, nameof(Seeds));
        Require(Deployment != RedisDeployment.Sentinel || !string.IsNullOrEmpty(MasterName), nameof(MasterName));
        Require(Deployment != RedisDeployment.Cluster || Database == 0, nameof(Database));

        [SuppressMessage("Usage", "CA2208", Justification = "Named after the option.")]
        static void Require(bool condition, string option)
        {
            if (!condition)
                throw new ArgumentException($"The Redis option {option} is missing or out of range.", option);
        }
    }
}
