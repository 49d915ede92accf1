using System.Collections.Frozen;

namespace Speech.Redis;

/// <summary>
/// Which slot of a cluster a command goes to, by its keys. Nearly every command has one key, its first argument; the exceptions among
/// those in use are listed here. A command that is listed wrongly is still answered: by MOVED, which is followed.
/// </summary>
internal static class CommandKeys
{
    /// <summary>The slot of a command that any node answers.</summary>
    public const int AnySlot = -1;

    private enum Position
    {
        None,
        Second,
        All,
        AllButLast,
        Counted,
        AfterStreams,
    }

    // PUBLISH has no key, but taking its channel for one spreads messages over the nodes.
    private static readonly FrozenDictionary<string, Position> Exceptions = new Dictionary<string, Position>(StringComparer.OrdinalIgnoreCase)
    {
        ["ACL"] = Position.None,
        ["CLIENT"] = Position.None,
        ["CLUSTER"] = Position.None,
        ["COMMAND"] = Position.None,
        ["CONFIG"] = Position.None,
        ["DBSIZE"] = Position.None,
        ["ECHO"] = Position.None,
        ["FLUSHALL"] = Position.None,
        ["INFO"] = Position.None,
        ["KEYS"] = Position.None,
        ["PING"] = Position.None,
        ["PUBSUB"] = Position.None,
        ["ROLE"] = Position.None,
        ["SCAN"] = Position.None,
        ["SCRIPT"] = Position.None,
        ["TIME"] = Position.None,
        ["WAIT"] = Position.None,
        ["MEMORY"] = Position.Second,
        ["OBJECT"] = Position.Second,
        ["XGROUP"] = Position.Second,
        ["XINFO"] = Position.Second,
        ["DEL"] = Position.All,
        ["EXISTS"] = Position.All,
        ["MGET"] = Position.All,
        ["TOUCH"] = Position.All,
        ["UNLINK"] = Position.All,
        ["BLPOP"] = Position.AllButLast,
        ["BRPOP"] = Position.AllButLast,
        ["EVAL"] = Position.Counted,
        ["EVALSHA"] = Position.Counted,
        ["XREAD"] = Position.AfterStreams,
        ["XREADGROUP"] = Position.AfterStreams,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="ArgumentException">Its keys lie in several slots.</exception>
    public static int SlotOf(ReadOnlySpan<RedisArgument> command)
    {
        var keys = Of(command);
        if (keys.IsEmpty)
            return AnySlot;
        var slot = HashSlot.Of(in keys[0]);
        foreach (ref readonly var key in keys[1..])
        {
            var other = HashSlot.Of(in key);
            if (other != slot)
                throw new ArgumentException(
                    $"{command[0]} was not sent: its keys '{keys[0]}' (slot {slot}) and '{key}' (slot {other}) lie in different slots of the cluster. "
                    + "Keys that are used together need the same {hash tag} in their names.", nameof(command));
        }
        return slot;
    }

    private static ReadOnlySpan<RedisArgument> Of(ReadOnlySpan<RedisArgument> command)
    {
        if (!Exceptions.TryGetValue(command[0].ToString(), out var position))
            return command.Length > 1 ? command.Slice(1, 1) : [];
        switch (position)
        {
            case Position.Second when command.Length > 2:
                return command.Slice(2, 1);
            case Position.All:
                return command[1..];
            case Position.AllButLast when command.Length > 2:
                return command[1..^1];
            case Position.Counted when command.Length > 2 && Count(command[2]) is var count && count <= command.Length - 3:
                return command.Slice(3, (int)count);
            case Position.AfterStreams:
                var streams = 1;
                while (streams < command.Length && !string.Equals(command[streams].Text, "STREAMS", StringComparison.OrdinalIgnoreCase))
                    streams++;
                return streams < command.Length ? command.Slice(streams + 1, (command.Length - streams - 1) / 2) : [];
            default:
                return [];
        }
    }

    private static long Count(RedisArgument argument) =>
        argument.IsNumber ? Math.Max(0, argument.Number) : long.TryParse(argument.Text, out var count) ? Math.Max(0, count) : 0;
}
