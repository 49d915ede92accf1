using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Speech.Redis;

/// <summary>
/// A connection of its own for commands that block on the server, one at a time. It is made when the first one comes, and in a cluster
/// to the node that has the command's keys.
/// <para>
/// Cancelling a read closes the connection, which ends it at once on both sides; the next read connects again. An entry that the
/// server hands to a consumer at that very moment is then pending (in the PEL) though nobody saw it, and likewise when the
/// connection is lost: so a consumer reads its own pending entries (id 0) when it starts, and someone runs XAUTOCLAIM.
/// </para>
/// </summary>
public sealed class RedisBlockingConnection : IAsyncDisposable
{
    private readonly CommandSender _sender;
    private readonly SemaphoreSlim _oneAtATime = new(1);

    public RedisBlockingConnection(RedisOptions options, ILogger<RedisBlockingConnection>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _sender = CommandSender.For(options, logger ?? NullLogger<RedisBlockingConnection>.Instance, keepConnected: false);
    }

    /// <summary>
    /// XREADGROUP BLOCK: up to <paramref name="count"/> new entries, waiting up to <paramref name="block"/> for the first; none when
    /// none came. NOGROUP or UNBLOCKED when the group or the stream is gone.
    /// </summary>
    public Task<StreamEntry[]> StreamReadGroupAsync(
        string key, string group, string consumer, int count, TimeSpan block, CancellationToken cancellationToken = default) =>
        RunAsync(
            ["XREADGROUP", "GROUP", group, consumer, "COUNT", count, "BLOCK", Milliseconds(block), "STREAMS", key, ">"],
            StreamReplies.OneStream,
            block,
            cancellationToken);

    /// <summary>The same over several streams that have a group of the same name; <paramref name="count"/> is for each stream.</summary>
    public Task<StreamEntries[]> StreamReadGroupAsync(
        IReadOnlyList<string> keys, string group, string consumer, int count, TimeSpan block, CancellationToken cancellationToken = default) =>
        RunAsync(
            [
                "XREADGROUP", "GROUP", group, consumer, "COUNT", count, "BLOCK", Milliseconds(block), "STREAMS",
                .. keys.Select(key => (RedisArgument)key), .. keys.Select(_ => (RedisArgument)">"),
            ],
            StreamReplies.Streams,
            block,
            cancellationToken);

    /// <summary>Any command that blocks on the server for <paramref name="block"/> at most (which its arguments must say too).</summary>
    public Task<RespValue> ExecuteAsync(RedisArgument[] arguments, TimeSpan block, CancellationToken cancellationToken = default) =>
        RunAsync(arguments, static reply => reply, block, cancellationToken);

    public ValueTask DisposeAsync() => _sender.DisposeAsync();

    private async Task<T> RunAsync<T>(
        RedisArgument[] arguments, Func<RespValue, T> convert, TimeSpan block, CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            return await _sender.SendAsync(arguments, convert, block, cancellationToken);
        }
        catch (OperationCanceledException e)
        {
            _sender.Disconnect(e);
            throw;
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    private static long Milliseconds(TimeSpan block) => block >= TimeSpan.FromMilliseconds(1) && block < TimeSpan.FromDays(1)
        ? (long)block.TotalMilliseconds
        : throw new ArgumentOutOfRangeException(nameof(block), block, "A blocking read waits between a millisecond and a day.");
}
