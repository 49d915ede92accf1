using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Speech.Redis;

/// <summary>
/// Connections of its own for commands that block on the server, one at a time, which the package does not have: on its shared ones
/// everybody would wait behind them. They are made when the first command comes.
/// <para>
/// A read that is cancelled, or whose reply is overdue, is not left in a pipe, where its entries would come in unseen: its connection is
/// closed, which ends it at once on both sides, and the next read connects again. An entry that the server hands to a consumer at
/// that very moment is then pending (in the PEL) though nobody saw it, and likewise when the connection is lost: so a consumer
/// reads its own pending entries (id 0) when it starts, and someone runs XAUTOCLAIM.
/// </para>
/// </summary>
public sealed class RedisBlockingConnection : IAsyncDisposable
{
    private static readonly TimeSpan LongestBlock = TimeSpan.FromDays(1);

    private readonly RedisOptions _options;
    private readonly RedisConnection _connection;
    private readonly SemaphoreSlim _oneAtATime = new(1);

    public RedisBlockingConnection(RedisOptions options, ILogger<RedisBlockingConnection>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        // Never by the package: what it gives up stays in its pipe.
        _connection = new RedisConnection(options, 2 * LongestBlock, logger ?? NullLogger<RedisBlockingConnection>.Instance);
    }

    /// <summary>
    /// XREADGROUP BLOCK: up to <paramref name="count"/> new entries, waiting up to <paramref name="block"/> for the first; none when
    /// none came. NOGROUP or UNBLOCKED when the group or the stream is gone.
    /// </summary>
    public async Task<StreamEntry[]> StreamReadGroupAsync(
        string key, string group, string consumer, int count, TimeSpan block, CancellationToken cancellationToken = default) =>
        await StreamReadGroupAsync([key], group, consumer, count, block, cancellationToken) is [var stream, ..] ? stream.Entries : [];

    /// <summary>The same over several streams that have a group of the same name; <paramref name="count"/> is for each stream.</summary>
    public async Task<StreamEntries[]> StreamReadGroupAsync(
        IReadOnlyList<string> keys, string group, string consumer, int count, TimeSpan block, CancellationToken cancellationToken = default)
    {
        if (block < TimeSpan.FromMilliseconds(1) || block >= LongestBlock)
            throw new ArgumentOutOfRangeException(nameof(block), block, "A blocking read waits between a millisecond and a day.");
        object[] arguments =
        [
            "GROUP", group, consumer, "COUNT", count, "BLOCK", (long)block.TotalMilliseconds, "STREAMS",
            .. keys.Select(key => (object)(RedisKey)key), .. keys.Select(_ => ">"),
        ];
        return ReadStreams(await ExecuteAsync("XREADGROUP", arguments, block, cancellationToken));
    }

    /// <summary>Any command that blocks on the server for <paramref name="block"/> at most (which its arguments must say too).</summary>
    /// <param name="command">Its name.</param>
    /// <param name="arguments">A key among them must be a <see cref="RedisKey"/>, by which a cluster's node is found.</param>
    /// <param name="block">How long the server may take.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<RedisResult> ExecuteAsync(
        string command, object[] arguments, TimeSpan block, CancellationToken cancellationToken = default)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            return await _connection.RunAsync(
                database => database.ExecuteAsync(command, arguments, CommandFlags.DemandMaster),
                block + _options.CommandTimeout,
                cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or RedisConnectionException { InnerException: TimeoutException })
        {
            await _connection.DropAsync();
            throw;
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    // A map from key to entries, flat: [key, [[id, [name, value, …]], …], …]. Null when nothing came.
    private static StreamEntries[] ReadStreams(RedisResult reply)
    {
        if (reply.IsNull)
            return [];
        var streams = new StreamEntries[reply.Length / 2];
        for (var i = 0; i < streams.Length; i++)
            streams[i] = new StreamEntries((string)reply[2 * i]!, ReadEntries(reply[2 * i + 1]));
        return streams;
    }

    private static StreamEntry[] ReadEntries(RedisResult reply)
    {
        var entries = new StreamEntry[reply.Length];
        for (var i = 0; i < entries.Length; i++)
        {
            var pairs = (RedisValue[])reply[i][1]!;
            var fields = new NameValueEntry[pairs.Length / 2];
            for (var j = 0; j < fields.Length; j++)
                fields[j] = new NameValueEntry(pairs[2 * j], pairs[2 * j + 1]);
            entries[i] = new StreamEntry((RedisValue)reply[i][0], fields);
        }
        return entries;
    }
}
