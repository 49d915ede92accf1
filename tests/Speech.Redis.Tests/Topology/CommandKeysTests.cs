namespace Speech.Redis.Tests.Topology;

public class CommandKeysTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData("GET k")]
    [InlineData("set k v PX 10")]
    [InlineData("DEL k {k}2 {k}3")]
    [InlineData("EXISTS k")]
    [InlineData("PEXPIRE k 10")]
    [InlineData("HSET k f v f2 v2")]
    [InlineData("HINCRBY k f 1")]
    [InlineData("RPUSH k a b")]
    [InlineData("BLPOP k {k}2 1")]
    [InlineData("XADD k MAXLEN ~ 10 * f v")]
    [InlineData("XLEN k")]
    [InlineData("XRANGE k - + COUNT 10")]
    [InlineData("XDEL k 1-1")]
    [InlineData("XTRIM k MAXLEN = 1")]
    [InlineData("XACK k g 1-1")]
    [InlineData("XCLAIM k g c 0 1-1 JUSTID")]
    [InlineData("XAUTOCLAIM k g c 0 0-0 COUNT 1")]
    [InlineData("XPENDING k g")]
    [InlineData("XGROUP CREATE k g $ MKSTREAM")]
    [InlineData("XINFO CONSUMERS k g")]
    [InlineData("XREAD COUNT 1 STREAMS k 0")]
    [InlineData("XREADGROUP GROUP g c COUNT 1 BLOCK 10 STREAMS k {k}2 > >")]
    [InlineData("EVAL script 2 k {k}2 argument")]
    [InlineData("EVALSHA sha 1 k other")]
    [InlineData("MEMORY USAGE k")]
    public async Task The_keys_of_a_command_are_where_the_server_sees_them(string command)
    {
        RedisArgument[] words = [.. command.Split(' ').Select(word => (RedisArgument)word)];
        var keys = (await fixture.Client.ExecuteAsync(["COMMAND", "GETKEYS", .. words])).Items.ToArray().Select(key => key.AsString()!);
        keys.ShouldAllBe(key => HashSlot.Of(key) == HashSlot.Of("k"));
        CommandKeys.SlotOf(words).ShouldBe(HashSlot.Of("k"));
    }

    [Theory]
    [InlineData("PING")]
    [InlineData("INFO memory")]
    [InlineData("SCAN 0 MATCH *")]
    [InlineData("EVAL script 0 argument")]
    [InlineData("EVAL script")]
    [InlineData("EVAL script 9 k")]
    [InlineData("XREADGROUP GROUP g c")]
    [InlineData("XINFO")]
    public void A_command_without_keys_goes_anywhere(string command) =>
        CommandKeys.SlotOf([.. command.Split(' ').Select(word => (RedisArgument)word)]).ShouldBe(CommandKeys.AnySlot);

    [Theory]
    [InlineData("DEL k l")]
    [InlineData("EVALSHA sha 2 k l")]
    [InlineData("XREADGROUP GROUP g c STREAMS k l > >")]
    public void Keys_in_different_slots_are_named(string command)
    {
        var error = Should.Throw<ArgumentException>(() => CommandKeys.SlotOf([.. command.Split(' ').Select(word => (RedisArgument)word)]));
        error.Message.ShouldContain($"'k' (slot {HashSlot.Of("k")})");
        error.Message.ShouldContain($"'l' (slot {HashSlot.Of("l")})");
    }
}
