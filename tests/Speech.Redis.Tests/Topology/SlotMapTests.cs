namespace Speech.Redis.Tests.Topology;

public class SlotMapTests
{
    private static readonly RedisEndpoint Asked = new("10.0.0.9", 7000);

    [Fact]
    public void Slots_are_read_with_their_masters()
    {
        var map = SlotMap.Read(
            Array(
                Array(RespValue.Integer(0), RespValue.Integer(100), Node("10.0.0.1", 7001), Node("10.0.0.2", 7002)),
                Array(RespValue.Integer(101), RespValue.Integer(101), Node("", 7003)),
                Array(RespValue.Integer(102), RespValue.Integer(102), Array(RespValue.Null, RespValue.Integer(7003))),
                Array(RespValue.Integer(103), RespValue.Integer(16383), Node("?", 7004))),
            Asked);
        map.AnsweredBy.ShouldBe(Asked);
        map.Ranges.ShouldBe([(0, 100, new("10.0.0.1", 7001)), (101, 101, new("10.0.0.9", 7003)), (102, 102, new("10.0.0.9", 7003))]);
        map.Masters.Count().ShouldBe(2);
    }

    [Theory]
    [InlineData(-1, 5, 7000)]
    [InlineData(5, 4, 7000)]
    [InlineData(0, 16384, 7000)]
    [InlineData(0, long.MaxValue, 7000)]
    [InlineData(0, 1, 0)]
    [InlineData(0, 1, 65536)]
    public void Slots_that_cannot_be_are_refused(long first, long last, long port) => Should.Throw<RedisProtocolException>(
        () => SlotMap.Read(Array(Array(RespValue.Integer(first), RespValue.Integer(last), Node("h", port))), Asked));

    [Fact]
    public void A_reply_of_any_other_shape_is_refused()
    {
        foreach (var reply in (RespValue[])[RespValue.Null, RespValue.Integer(1), Array(RespValue.Integer(1)), Array(Array()), Array(Array(Array(), Array(), Array()))])
            Should.Throw<RedisProtocolException>(() => SlotMap.Read(reply, Asked));
    }

    [Theory]
    [InlineData("MOVED 3999 127.0.0.1:6381", false, 3999, "127.0.0.1", 6381)]
    [InlineData("ASK 0 ::1:6381", true, 0, "::1", 6381)]
    [InlineData("MOVED 16383 :6381", false, 16383, "10.0.0.9", 6381)]
    [InlineData("ASK 7 redis.example:1 and more", true, 7, "redis.example", 1)]
    public void A_redirection_says_where_to(string error, bool isAsk, int slot, string host, int port)
    {
        Redirection.TryParse(error, Asked, out var redirection).ShouldBeTrue();
        redirection.ShouldBe(new Redirection(isAsk, slot, new(host, port)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("MOVED")]
    [InlineData("MOVED 1")]
    [InlineData("MOVED x h:1")]
    [InlineData("MOVED -1 h:1")]
    [InlineData("MOVED 16384 h:1")]
    [InlineData("MOVED 1 h")]
    [InlineData("MOVED 1 h:")]
    [InlineData("MOVED 1 h:0")]
    [InlineData("MOVED 1 h:65536")]
    [InlineData("MOVED 1 ?:7000")]
    [InlineData("ASKING 1 h:1")]
    [InlineData("ERR MOVED 1 h:1")]
    public void Anything_else_is_an_error_like_others(string error) => Redirection.TryParse(error, Asked, out _).ShouldBeFalse();

    private static RespValue Node(string host, long port) => Array(RespValue.SimpleString(host), RespValue.Integer(port), RespValue.SimpleString("id"));

    private static RespValue Array(params RespValue[] items) => RespValue.Aggregate(RespKind.Array, items);
}
