using System.Globalization;

namespace Speech.Redis;

/// <summary>
/// The text form of <see cref="RedisOptions"/>:
/// <code>
/// redis://[[user]:password@]host[:port][/database]
/// redis+sentinel://[[user]:password@]sentinel[:port],sentinel[:port]…/master[/database][?sentinel_password=…[&amp;sentinel_username=…]]
/// redis+cluster://[[user]:password@]node[:port],node[:port]…
/// </code>
/// and the same with rediss for TLS. User and password are those of the servers that hold the data. Names and passwords may be
/// percent-encoded; a '%' in them must be (%25). No message repeats a password.
/// </summary>
internal static class RedisUrl
{
    private const int DefaultSentinelPort = 26379;
    private const string Example = "A Redis URL looks like redis://user:password@host:6379/0 (rediss:// for TLS), "
        + "redis+sentinel://host:26379,host:26379/mymaster or redis+cluster://host:7000,host:7001.";

    public static RedisOptions Parse(string url)
    {
        var schemeEnd = url.IndexOf("://", StringComparison.Ordinal);
        var (deployment, useTls) = (schemeEnd < 0 ? "" : url[..schemeEnd].ToLowerInvariant()) switch
        {
            "redis" => (RedisDeployment.Single, false),
            "rediss" => (RedisDeployment.Single, true),
            "redis+sentinel" => (RedisDeployment.Sentinel, false),
            "rediss+sentinel" => (RedisDeployment.Sentinel, true),
            "redis+cluster" => (RedisDeployment.Cluster, false),
            "rediss+cluster" => (RedisDeployment.Cluster, true),
            _ => throw new FormatException($"The Redis URL does not begin with redis://, redis+sentinel:// or redis+cluster://. {Example}"),
        };

        var rest = url[(schemeEnd + 3)..];
        var at = rest.LastIndexOf('@'); // the last one, so that a password may hold '@' and '/'
        var (username, password) = at < 0 ? (null, null) : ParseCredentials(rest[..at]);
        rest = rest[(at + 1)..];

        var query = rest.IndexOfAny(['?', '#']);
        var options = new RedisOptions { Deployment = deployment, Username = username, Password = password, UseTls = useTls };
        if (query >= 0)
            options = WithQuery(options, rest[query..]);
        var parts = (query < 0 ? rest : rest[..query]).TrimEnd('/').Split('/');
        return deployment switch
        {
            RedisDeployment.Sentinel => WithMaster(options, parts),
            RedisDeployment.Cluster => WithNodes(options, parts),
            _ => WithServer(options, parts),
        };
    }

    public static string Format(RedisOptions options)
    {
        var tls = options.UseTls ? "s" : "";
        var credentials = options.Password is null ? "" : $"{options.Username}:***@";
        var sentinelPassword = options.SentinelPassword is null ? "" : "?sentinel_password=***";
        var seeds = string.Join(',', options.Seeds);
        return options.Deployment switch
        {
            RedisDeployment.Sentinel =>
                $"redis{tls}+sentinel://{credentials}{seeds}/{options.MasterName}/{options.Database}{sentinelPassword}",
            RedisDeployment.Cluster => $"redis{tls}+cluster://{credentials}{seeds}",
            _ => $"redis{tls}://{credentials}{new RedisEndpoint(options.Host, options.Port)}/{options.Database}",
        };
    }

    private static RedisOptions WithServer(RedisOptions options, string[] parts)
    {
        var (host, port) = ParseEndpoint(parts[0], RedisOptions.DefaultPort);
        return parts.Length > 2
            ? throw new FormatException($"The Redis URL has more after its database. {Example}")
            : options with { Host = host, Port = port, Database = parts.Length > 1 ? ParseDatabase(parts[1]) : 0 };
    }

    private static RedisOptions WithMaster(RedisOptions options, string[] parts) => parts.Length is 2 or 3 && parts[1].Length > 0
        ? options with
        {
            Seeds = ParseEndpoints(parts[0], DefaultSentinelPort),
            MasterName = Uri.UnescapeDataString(parts[1]),
            Database = parts.Length > 2 ? ParseDatabase(parts[2]) : 0,
        }
        : throw new FormatException(
            "The Redis URL has no master name after the sentinels, such as mymaster in redis+sentinel://host:26379,host:26379/mymaster.");

    private static RedisOptions WithNodes(RedisOptions options, string[] parts) => parts.Length == 1 || parts is [_, "0"]
        ? options with { Seeds = ParseEndpoints(parts[0], RedisOptions.DefaultPort) }
        : throw new FormatException("The Redis URL names a database, but a Redis Cluster has only one: leave it out.");

    private static RedisOptions WithQuery(RedisOptions options, string query)
    {
        foreach (var setting in query[1..].Split('&'))
        {
            var equals = setting.IndexOf('=', StringComparison.Ordinal);
            var value = Uri.UnescapeDataString(setting[(equals + 1)..]);
            options = (options.Deployment, equals < 0 ? "" : setting[..equals]) switch
            {
                (RedisDeployment.Sentinel, "sentinel_password") when value.Length > 0 => options with { SentinelPassword = value },
                (RedisDeployment.Sentinel, "sentinel_username") when value.Length > 0 => options with { SentinelUsername = value },
                _ => throw new FormatException(
                    "The Redis URL has something after a '?' or '#' that this client does not know; "
                    + $"redis+sentinel:// takes sentinel_password and sentinel_username there. {Example}"),
            };
        }
        return options.SentinelUsername is null || options.SentinelPassword is not null
            ? options
            : throw new FormatException("The Redis URL has a sentinel_username without a sentinel_password.");
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

    private static RedisEndpoint[] ParseEndpoints(string text, int defaultPort) =>
        [.. text.Split(',').Select(one => ParseEndpoint(one, defaultPort)).Distinct()];

    private static RedisEndpoint ParseEndpoint(string text, int defaultPort)
    {
        // An IPv6 address has colons of its own and stands in brackets.
        var hostEnd = text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) + 1 : text.IndexOf(':', StringComparison.Ordinal);
        if (text.StartsWith('[') && hostEnd == 0)
            throw new FormatException($"The Redis URL's address '{text}' has a '[' without a ']'.");
        var host = (hostEnd < 0 ? text : text[..hostEnd]).Trim('[', ']');
        var port = hostEnd < 0 ? "" : text[hostEnd..];
        if (host.Length == 0)
            throw new FormatException($"The Redis URL has no host. {Example}");
        if (port.Length == 0)
            return new(host, defaultPort);
        return port[0] == ':' && int.TryParse(port.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is > 0 and <= 65535
            ? new(host, number)
            : throw new FormatException($"The Redis URL's port '{port.TrimStart(':')}' is not a number from 1 to 65535.");
    }
}
