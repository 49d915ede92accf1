using System.Text;

namespace Speech.Redis.Tests;

public class CommandTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RedisClient _redis = fixture.Client;

    [Fact]
    public async Task Any_bytes_can_be_stored_and_read_back()
    {
        var value = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        await _redis.SetAsync("bytes", value);
        (await _redis.GetAsync("bytes")).ShouldBe(value);
        (await _redis.GetAsync("no such key")).ShouldBeNull();
        await _redis.SetAsync("text", "grüß dich €");
        (await _redis.GetStringAsync("text")).ShouldBe("grüß dich €");
    }

    [Fact]
    public async Task A_buffer_may_be_reused_as_soon_as_the_call_returns()
    {
        var buffer = new byte[1000];
        var sent = new List<Task>();
        for (byte i = 0; i < 100; i++)
        {
            buffer.AsSpan().Fill(i);
            sent.Add(_redis.SetAsync($"reuse:{i}", buffer));
        }
        await Task.WhenAll(sent);
        for (byte i = 0; i < 100; i++)
            (await _redis.GetAsync($"reuse:{i}"))!.ShouldAllBe(b => b == i);
    }

    [Fact]
    public async Task Keys_expire_exist_and_are_deleted()
    {
        await _redis.SetAsync("short", "x", TimeSpan.FromMinutes(1));
        (await _redis.KeyTimeToLiveAsync("short"))!.Value.ShouldBeInRange(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1));
        (await _redis.KeyExpireAsync("short", TimeSpan.FromHours(1))).ShouldBeTrue();
        (await _redis.KeyTimeToLiveAsync("short"))!.Value.ShouldBeGreaterThan(TimeSpan.FromMinutes(30));
        (await _redis.KeyExpireAsync("no such key", TimeSpan.FromHours(1))).ShouldBeFalse();
        (await _redis.KeyTimeToLiveAsync("no such key")).ShouldBeNull();
        (await _redis.KeyExistsAsync("short")).ShouldBeTrue();
        (await _redis.KeyDeleteAsync("short")).ShouldBeTrue();
        (await _redis.KeyDeleteAsync(["short", "no such key"])).ShouldBe(0);
        (await _redis.KeyExistsAsync("short")).ShouldBeFalse();
    }

    [Fact]
    public async Task Hashes_keep_their_fields()
    {
        (await _redis.HashSetAsync("hash", [("role", "stt"), ("slots", 8), ("näme", new byte[] { 255, 0 })])).ShouldBe(3);
        (await _redis.HashSetAsync("hash", "role", "translation")).ShouldBeFalse();
        (await _redis.HashIncrementAsync("hash", "busy", 5)).ShouldBe(5);
        (await _redis.HashIncrementAsync("hash", "busy", -2)).ShouldBe(3);
        (await _redis.HashGetStringAsync("hash", "role")).ShouldBe("translation");
        (await _redis.HashGetAsync("hash", "no such field")).ShouldBeNull();

        var all = await _redis.HashGetAllAsync("hash");
        all.Count.ShouldBe(4);
        all.GetString("slots").ShouldBe("8");
        all["näme"].ToArray().ShouldBe([255, 0]);
        all.FindString("other").ShouldBeNull();
        Should.Throw<KeyNotFoundException>(() => all["other"]).Message.ShouldContain("role, slots");
        (await _redis.HashGetAllAsync("no such key")).Count.ShouldBe(0);
        (await _redis.HashDeleteAsync("hash", "busy")).ShouldBeTrue();
    }

    [Fact]
    public async Task Scan_finds_every_key_that_matches()
    {
        for (var i = 0; i < 1000; i++)
            _ = _redis.SetAsync($"scan:{i}", i);
        await _redis.SetAsync("scan-not", 1);
        var found = new HashSet<string>();
        await foreach (var key in _redis.ScanKeysAsync("scan:*", pageSize: 50))
            found.Add(key);
        found.Count.ShouldBe(1000);
    }

    [Fact]
    public async Task Info_is_read_field_by_field()
    {
        var info = await _redis.InfoAsync("server");
        info["redis_version"].ShouldNotBeEmpty();
        info["tcp_port"].ShouldBe($"{fixture.Server.Port}");
        (await _redis.InfoAsync())["used_memory"].ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Any_command_returns_its_reply_as_a_tree()
    {
        var reply = await _redis.ExecuteAsync("CONFIG", "GET", "maxmemory*");
        reply.Kind.ShouldBe(RespKind.Map);
        reply.TryGet("maxmemory", out var value).ShouldBeTrue();
        value.AsInt64().ShouldBe(0);

        reply = await _redis.ExecuteAsync("EVAL", "redis.setresp(3); return {1, 'two', {false, true}, {double=3.5}, {map={a=1}}}", 0);
        reply.ToString().ShouldBe("Array[1, two, Array[false, true], 3.5, Map[a, 1]]");
    }

    [Fact]
    public async Task Errors_of_the_server_come_with_their_code()
    {
        await _redis.SetAsync("string", "x");
        (await Should.ThrowAsync<RedisServerException>(_redis.StreamLengthAsync("string"))).Code.ShouldBe("WRONGTYPE");
        (await Should.ThrowAsync<RedisServerException>(_redis.ExecuteAsync("NOSUCHCOMMAND"))).Code.ShouldBe("ERR");
        (await Should.ThrowAsync<RedisServerException>(_redis.StreamReadGroupAsync("nothing", "g", "c", 1))).Code.ShouldBe("NOGROUP");
        (await _redis.GetStringAsync("string")).ShouldBe("x");
    }

    [Fact]
    public async Task A_reply_of_an_unexpected_shape_fails_its_own_command_only()
    {
        await _redis.SetAsync("not a number", "x");
        var wrong = _redis.SendAsync(["GET", "not a number"], Replies.Integer, CancellationToken.None);
        var after = _redis.GetStringAsync("not a number");
        (await Should.ThrowAsync<RedisProtocolException>(wrong)).Message.ShouldStartWith("GET: ");
        (await after).ShouldBe("x");
    }

    [Fact]
    public async Task The_connection_carries_the_client_s_name_and_database()
    {
        await using var other = new RedisClient(fixture.Options with { ClientName = "named", Database = 7 });
        await other.SetAsync("in seven", "x");
        (await other.ExecuteAsync("CLIENT", "GETNAME")).AsString().ShouldBe("named");
        (await _redis.KeyExistsAsync("in seven")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_command_without_a_name_or_a_disposed_client_is_refused()
    {
        await Should.ThrowAsync<ArgumentException>(() => _redis.ExecuteAsync());
        var other = new RedisClient(fixture.Options);
        await other.PingAsync();
        await other.DisposeAsync();
        await other.DisposeAsync();
        await Should.ThrowAsync<ObjectDisposedException>(() => other.PingAsync());
    }

    [Fact]
    public async Task Replies_that_dribble_in_byte_by_byte_are_read_all_the_same()
    {
        await using var proxy = DribblingProxy.Start(fixture.Server.Port);
        await using var slow = new RedisClient(fixture.Options with { Port = proxy.Port });
        var id = await slow.StreamAddAsync("dribble", [("text", "über\r\nall"), ("bytes", Encoding.UTF8.GetBytes("\r\n$5\r\n"))]);
        await slow.EnsureGroupAsync("dribble", "g");
        var entry = (await slow.StreamReadGroupAsync("dribble", "g", "c", 10)).ShouldHaveSingleItem();
        entry.Id.ShouldBe(id);
        entry.Fields.GetString("text").ShouldBe("über\r\nall");
        var many = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => slow.ExecuteAsync("ECHO", $"number {i}")));
        many.Select(reply => reply.AsString()).ShouldBe(Enumerable.Range(0, 50).Select(i => $"number {i}"));
        (await slow.StreamInfoAsync("dribble")).LastEntry!.Value.Fields.GetString("bytes").ShouldBe("\r\n$5\r\n");
    }
}
