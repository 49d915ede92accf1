using System.Net;
using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace Speech.Redis;

public sealed partial class RedisClient
{
    /// <summary>PING; fails if the server, in a cluster any of the masters, cannot be reached or does not answer.</summary>
    public async Task PingAsync(CancellationToken cancellationToken = default)
    {
        foreach (var server in await MastersAsync(cancellationToken))
            await RunAsync(database => database.Multiplexer.GetServer(server).PingAsync(), cancellationToken);
    }

    /// <summary>GET; null when there is no such key.</summary>
    public Task<RedisValue> GetAsync(RedisKey key, CancellationToken cancellationToken = default) =>
        RunAsync(database => database.StringGetAsync(key), cancellationToken);

    /// <summary>SET.</summary>
    public Task SetAsync(RedisKey key, RedisValue value, CancellationToken cancellationToken = default) =>
        RunAsync(database => database.StringSetAsync(key, value), cancellationToken);

    /// <summary>DEL; true when there was such a key.</summary>
    public Task<bool> KeyDeleteAsync(RedisKey key, CancellationToken cancellationToken = default) =>
        RunAsync(database => database.KeyDeleteAsync(key), cancellationToken);

    /// <summary>EXISTS.</summary>
    public Task<bool> KeyExistsAsync(RedisKey key, CancellationToken cancellationToken = default) =>
        RunAsync(database => database.KeyExistsAsync(key), cancellationToken);

    /// <summary>PEXPIRE: the key goes away after <paramref name="expiry"/>. False when there is no such key.</summary>
    public Task<bool> KeyExpireAsync(RedisKey key, TimeSpan expiry, CancellationToken cancellationToken = default) =>
        RunAsync(database => database.KeyExpireAsync(key, expiry), cancellationToken);

    /// <summary>PTTL; null when the key does not exist or never goes away.</summary>
    public Task<TimeSpan?> KeyTimeToLiveAsync(RedisKey key, CancellationToken cancellationToken = default) =>
        RunAsync(database => database.KeyTimeToLiveAsync(key), cancellationToken);

    /// <summary>HSET of one field; true when the field is new.</summary>
    public Task<bool> HashSetAsync(RedisKey key, RedisValue field, RedisValue value, CancellationToken cancellationToken = default) =>
        RunAsync(database => database.HashSetAsync(key, field, value), cancellationToken);

    /// <summary>HSET.</summary>
    public Task HashSetAsync(RedisKey key, HashEntry[] fields, CancellationToken cancellationToken = default) => RunAsync(
        async database =>
        {
            await database.HashSetAsync(key, fields);
            return true;
        },
        cancellationToken);

    /// <summary>HGET, as text; null when there is no such key or field.</summary>
    public async Task<string?> HashGetStringAsync(RedisKey key, RedisValue field, CancellationToken cancellationToken = default) =>
        await RunAsync(database => database.HashGetAsync(key, field), cancellationToken);

    /// <summary>HGETALL; no fields when there is no such key.</summary>
    public Task<HashEntry[]> HashGetAllAsync(RedisKey key, CancellationToken cancellationToken = default) =>
        RunAsync(database => database.HashGetAllAsync(key), cancellationToken);

    /// <summary>PUBLISH; the number of subscribers it reached at the server that took it.</summary>
    public Task<long> PublishAsync(string channel, RedisValue message, CancellationToken cancellationToken = default) =>
        RunAsync(database => database.PublishAsync(RedisChannel.Literal(channel), message), cancellationToken);

    /// <summary>
    /// SCAN, in a cluster of all masters: keys that match the glob pattern, without holding the server up. Keys that come and go meanwhile
    /// may or may not be seen; one may be seen twice.
    /// </summary>
    public async IAsyncEnumerable<string> ScanKeysAsync(
        string pattern, int pageSize = 250, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var server in await MastersAsync(cancellationToken))
        {
            var cursor = "0";
            do
            {
                var page = await RunAsync(
                    database => database.Multiplexer.GetServer(server).ExecuteAsync(
                        Options.Database, "SCAN", [cursor, "MATCH", pattern, "COUNT", pageSize]),
                    cancellationToken);
                cursor = (string)page[0]!;
                foreach (var key in (string[])page[1]!)
                    yield return key;
            }
            while (cursor != "0");
        }
    }

    /// <summary>INFO, all of it or one section, as field and value.</summary>
    public async Task<IReadOnlyDictionary<string, string>> InfoAsync(string? section = null, CancellationToken cancellationToken = default)
    {
        var reply = (string)(await ExecuteAsync("INFO", section is null ? [] : [section], cancellationToken))!;
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in reply.Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && line[0] != '#')
                fields[line[..colon]] = line[(colon + 1)..];
        }
        return fields;
    }

    private Task<EndPoint[]> MastersAsync(CancellationToken cancellationToken) => RunAsync(
        database =>
        {
            var masters = database.Multiplexer.GetServers().Where(server => !server.IsReplica);
            return Task.FromResult(masters.Select(server => server.EndPoint).ToArray());
        },
        cancellationToken);
}
