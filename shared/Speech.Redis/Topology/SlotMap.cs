namespace Speech.Redis;

/// <summary>Which master has which slots, as one node of the cluster sees it.</summary>
/// <param name="AnsweredBy">The node that was asked.</param>
/// <param name="Ranges">From slot to slot, both included.</param>
internal sealed record SlotMap(RedisEndpoint AnsweredBy, IReadOnlyList<(int First, int Last, RedisEndpoint Master)> Ranges)
{
    public IEnumerable<RedisEndpoint> Masters => Ranges.Select(range => range.Master).Distinct();

    /// <summary>
    /// Reads the reply to CLUSTER SLOTS: [first, last, [host, port, id, …] of the master, replicas…]…. A host may be null or empty,
    /// which means the one that was asked, or "?", which means that nobody knows.
    /// </summary>
    public static SlotMap Read(RespValue reply, RedisEndpoint answeredBy)
    {
        var ranges = new List<(int, int, RedisEndpoint)>();
        foreach (var range in reply.RequiredItems())
        {
            var items = range.RequiredItems(3);
            var (first, last, port) = (items[0].AsInt64(), items[1].AsInt64(), items[2].RequiredItems(2)[1].AsInt64());
            if (first < 0 || last < first || last >= HashSlot.Count || port is < 1 or > 65535)
                throw new RedisProtocolException($"CLUSTER SLOTS: slots {first} to {last} at port {port} cannot be.");
            if (items[2][0].AsString() is var host && host != "?")
                ranges.Add(((int)first, (int)last, new RedisEndpoint(string.IsNullOrEmpty(host) ? answeredBy.Host : host, (int)port)));
        }
        return new(answeredBy, ranges);
    }
}
