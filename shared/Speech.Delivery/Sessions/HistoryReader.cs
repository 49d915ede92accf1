using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Speech.Contracts;
using Speech.Contracts.Server;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Delivery.Sessions;

/// <summary>The results a client may have missed.</summary>
public sealed partial class HistoryReader(RedisClient redis, JobOptions options, ILogger<HistoryReader> logger)
{
    private const int PageSize = 256;

    /// <summary>
    /// The client's final results after a seq, in order, each with its seq. An entry that cannot be read is logged and left out.
    /// </summary>
    /// <param name="clientId">The client.</param>
    /// <param name="seq">The last one it has; 0 for all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<ResultEnvelope> ReadAfterAsync(
        string clientId, long seq, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(seq);
        var key = options.Shards.Of(clientId).History(clientId);
        var from = new StreamId((ulong)seq + 1, 0);
        while (true)
        {
            var page = await redis.StreamRangeAsync(key, from, to: null, PageSize, cancellationToken);
            foreach (var entry in page)
            {
                seq = (long)Math.Min(entry.StreamId.Milliseconds, long.MaxValue);
                if (Read(key, entry, seq) is { } result)
                    yield return new ResultEnvelope(seq, result);
            }
            if (page.Length < PageSize || page[^1].StreamId == StreamId.Max)
                yield break;
            from = page[^1].StreamId.Next();
        }
    }

    private SegmentResult? Read(string key, StreamEntry entry, long seq)
    {
        try
        {
            return entry.TryGet("result", out var map)
                ? ResultEnvelope.ReadResult(map, seq)
                : throw new MalformedMessageException("the field 'result' is missing", 0);
        }
        catch (MalformedMessageException exception)
        {
            Log.Unreadable(logger, key, entry.StreamId, exception.Message);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The entry {Id} of {Key} is not a result: {Reason}")]
        public static partial void Unreadable(ILogger logger, string key, StreamId id, string reason);
    }
}
