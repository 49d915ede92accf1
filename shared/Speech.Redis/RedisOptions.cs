using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Security;

namespace Speech.Redis;

/// <summary>Where a Redis server is and how to talk to it. Its text form never shows the password.</summary>
public sealed record RedisOptions
{
    public const int DefaultPort = 6379;

    public string Host { get; init; } = "localhost";

    public int Port { get; init; } = DefaultPort;

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

    /// <summary>The first wait after a failed attempt to connect; doubles (with jitter) up to <see cref="MaxReconnectDelay"/>.</summary>
    public TimeSpan MinReconnectDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    public TimeSpan MaxReconnectDelay { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>An idle connection is asked for a sign of life this often; one that gives none within the command timeout is replaced.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Commands sent and not yet answered, at most; others wait in the client.</summary>
    public int MaxInFlight { get; init; } = 16 * 1024;

    /// <summary>Bytes encoded and not yet taken by the network, at most (one larger command may go alone).</summary>
    public int MaxOutgoingBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Commands that wait for a connection or for room in flight, at most; more fail at once.</summary>
    public int MaxWaiting { get; init; } = 64 * 1024;

    /// <summary>Bytes of waiting commands, at most; more fail at once.</summary>
    public long MaxWaitingBytes { get; init; } = 128L * 1024 * 1024;

    public RespLimits Limits { get; init; } = RespLimits.Default;

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>
    /// Reads redis://[[user]:password@]host[:port][/database], or rediss:// for TLS. User and password may be percent-encoded;
    /// a '%' in them must be (%25).
    /// </summary>
    /// <exception cref="FormatException">The message says what is wrong and never repeats the password.</exception>
    public static RedisOptions Parse(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        const string example = "A Redis URL looks like redis://user:password@host:6379/0 (rediss:// for TLS).";
        var useTls = url.StartsWith("rediss://", StringComparison.OrdinalIgnoreCase);
        if (!useTls && !url.StartsWith("redis://", StringComparison.OrdinalIgnoreCase))
            throw new FormatException($"The Redis URL does not begin with redis:// or rediss://. {example}");

        var rest = url[(url.IndexOf("//", StringComparison.Ordinal) + 2)..];
        var at = rest.LastIndexOf('@'); // the last one, so that a password may hold '@' and '/'
        var (username, password) = at < 0 ? (null, null) : ParseCredentials(rest[..at]);
        rest = rest[(at + 1)..];

        if (rest.IndexOfAny(['?', '#']) >= 0)
            throw new FormatException($"The Redis URL has something after a '?' or '#', which this client does not know. {example}");
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var database = slash < 0 ? 0 : ParseDatabase(rest[(slash + 1)..].TrimEnd('/'));
        var (host, port) = ParseEndpoint(slash < 0 ? rest : rest[..slash], example);
        return new()
        {
            Host = host,
            Port = port,
            Username = username,
            Password = password,
            Database = database,
            UseTls = useTls,
        };
    }

    public override string ToString()
    {
        var credentials = Password is null ? "" : $"{Username}:***@";
        return $"{(UseTls ? "rediss" : "redis")}://{credentials}{Endpoint}/{Database}";
    }

    internal string Endpoint => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    internal void Validate()
    {
        if (ClientName.Length == 0 || ClientName.Any(c => c is <= ' ' or > '~'))
            throw new ArgumentException($"The client name '{ClientName}' must be printable ASCII without spaces.");
        Require(CommandTimeout > TimeSpan.Zero, nameof(CommandTimeout));
        Require(ConnectTimeout > TimeSpan.Zero, nameof(ConnectTimeout));
        Require(MinReconnectDelay > TimeSpan.Zero, nameof(MinReconnectDelay));
        Require(MaxReconnectDelay >= MinReconnectDelay, nameof(MaxReconnectDelay));
        Require(KeepAliveInterval > TimeSpan.Zero, nameof(KeepAliveInterval));
        Require(MaxInFlight > 0, nameof(MaxInFlight));
        Require(MaxOutgoingBytes > 0, nameof(MaxOutgoingBytes));
        Require(Username is null || Password is not null, nameof(Password));

        [SuppressMessage("Usage", "CA2208", Justification = "Named after the option.")]
        static void Require(bool condition, string option)
        {
            if (!condition)
                throw new ArgumentException($"The Redis option {option} is missing or out of range.", option);
        }
    }

    private static (string? Username, string Password) ParseCredentials(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var username = colon > 0 ? Uri.UnescapeDataString(text[..colon]) : null;
        var password = Uri.UnescapeDataString(text[(colon + 1)..]);
        return password.Length > 0 ? (username, password)
            : throw new FormatException("The Redis URL has an empty password; leave 'user:@' out, or percent-encode the password.");
    }

    private static int ParseDatabase(string text) =>
        text.Length == 0 ? 0
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new FormatException($"The Redis URL's database '{text}' is not a number, such as the 2 in redis://host:6379/2.");

    private static (string Host, int Port) ParseEndpoint(string text, string example)
    {
        // An IPv6 address has colons of its own and stands in brackets.
        var hostEnd = text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) + 1 : text.IndexOf(':', StringComparison.Ordinal);
        if (text.StartsWith('[') && hostEnd == 0)
            throw new FormatException($"The Redis URL's address '{text}' has a '[' without a ']'.");
        var host = (hostEnd < 0 ? text : text[..hostEnd]).Trim('[', ']');
        var port = hostEnd < 0 ? "" : text[hostEnd..];
        if (host.Length == 0)
            throw new FormatException($"The Redis URL has no host. {example}");
        if (port.Length == 0)
            return (host, DefaultPort);
        return port[0] == ':' && int.TryParse(port.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is > 0 and <= 65535
            ? (host, number)
            : throw new FormatException($"The Redis URL's port '{port.TrimStart(':')}' is not a number from 1 to 65535.");
    }
}
