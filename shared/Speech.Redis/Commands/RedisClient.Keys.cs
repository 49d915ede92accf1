using System.Runtime.CompilerServices;

namespace Speech.Redis;

public sealed partial class RedisClient
{
    /// <summary>PING; fails if the server, in a cluster any of the masters, cannot be reached or does not answer.</summary>
    public async Task PingAsync(CancellationToken cancellationToken = default)
    {
        var servers = await _sender.ServersAsync(cancellationToken);
        await Task.WhenAll(servers.Select(server => server.SendAsync(["PING"], Replies.Done, TimeSpan.Zero, cancellationToken)));
    }

    /// <summary>GET; null when there is no such key.</summary>
    public Task<byte[]?> GetAsync(RedisArgument key, CancellationToken cancellationToken = default) =>
        SendAsync(["GET", key], Replies.Bytes, cancellationToken);

    /// <summary>GET, as text.</summary>
    public Task<string?> GetStringAsync(RedisArgument key, CancellationToken cancellationToken = default) =>
        SendAsync(["GET", key], Replies.Text, cancellationToken);

    /// <summary>SET; with <paramref name="expiry"/>, the key goes away after it.</summary>
    public Task SetAsync(
        RedisArgument key, RedisArgument value, TimeSpan? expiry = null, CancellationToken cancellationToken = default) =>
        expiry is { } time
            ? SendAsync(["SET", key, value, "PX", Milliseconds(time)], Replies.Done, cancellationToken)
            : SendAsync(["SET", key, value], Replies.Done, cancellationToken);

    /// <summary>DEL; true when there was such a key.</summary>
    public Task<bool> KeyDeleteAsync(RedisArgument key, CancellationToken cancellationToken = default) =>
        SendAsync(["DEL", key], Replies.IsOne, cancellationToken);

    /// <summary>DEL; the number of keys there were.</summary>
    public Task<long> KeyDeleteAsync(ReadOnlySpan<RedisArgument> keys, CancellationToken cancellationToken = default)
    {
        var arguments = new ArgumentList(keys.Length + 1);
        arguments.Add("DEL");
        arguments.Add(keys);
        return SendAsync(ref arguments, Replies.Integer, cancellationToken);
    }

    /// <summary>EXISTS.</summary>
    public Task<bool> KeyExistsAsync(RedisArgument key, CancellationToken cancellationToken = default) =>
        SendAsync(["EXISTS", key], Replies.IsOne, cancellationToken);

    /// <summary>PEXPIRE: the key goes away after <paramref name="expiry"/>. False when there is no such key.</summary>
    public Task<bool> KeyExpireAsync(RedisArgument key, TimeSpan expiry, CancellationToken cancellationToken = default) =>
        SendAsync(["PEXPIRE", key, Milliseconds(expiry)], Replies.IsOne, cancellationToken);

    /// <summary>PTTL; null when the key does not exist or never goes away.</summary>
    public Task<TimeSpan?> KeyTimeToLiveAsync(RedisArgument key, CancellationToken cancellationToken = default) =>
        SendAsync<TimeSpan?>(
            ["PTTL", key],
            static reply => reply.AsInt64() is >= 0 and var left ? TimeSpan.FromMilliseconds(left) : null,
            cancellationToken);

    /// <summary>
    /// SCAN, in a cluster of all masters: keys that match the glob pattern, without holding the server up. Keys that come and go meanwhile may or may not be
    /// seen; one may be seen twice.
    /// </summary>
    public async IAsyncEnumerable<string> ScanKeysAsync(
        string pattern, int pageSize = 250, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var server in await _sender.ServersAsync(cancellationToken))
        {
            var cursor = "0";
            do
            {
                var page = await server.SendAsync(
                    ["SCAN", cursor, "MATCH", pattern, "COUNT", pageSize], static reply => reply, TimeSpan.Zero, cancellationToken);
                cursor = page.RequiredItems(2)[0].RequiredString;
                foreach (var key in page[1].RequiredArray())
                    yield return key.RequiredString;
            }
            while (cursor != "0");
        }
    }

    /// <summary>INFO, all of it or one section, as field and value.</summary>
    public Task<IReadOnlyDictionary<string, string>> InfoAsync(string? section = null, CancellationToken cancellationToken = default) =>
        SendAsync(section is null ? ["INFO"] : ["INFO", section], ReadInfo, cancellationToken);

    private static IReadOnlyDictionary<string, string> ReadInfo(RespValue reply)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in reply.RequiredString.Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && line[0] != '#')
                fields[line[..colon]] = line[(colon + 1)..];
        }
        return fields;
    }

    private static long Milliseconds(TimeSpan time) => time >= TimeSpan.FromMilliseconds(1)
        ? (long)time.TotalMilliseconds
        : throw new ArgumentOutOfRangeException(nameof(time), time, "Redis keeps keys for a millisecond or longer.");
}
