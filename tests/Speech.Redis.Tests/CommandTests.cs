using StackExchange.Redis;

namespace Speech.Redis.Tests;

public class CommandTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RedisClient _redis = fixture.Client;

    [Fact]
    public async Task Any_bytes_can_be_stored_and_read_back()
    {
        var value = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        await _redis.SetAsync("bytes", value);
        ((byte[]?)await _redis.GetAsync("bytes")).ShouldBe(value);
        (await _redis.GetAsync("no such key")).IsNull.ShouldBeTrue();
        await _redis.SetAsync("text", "grüß dich €");
        ((string?)await _redis.GetAsync("text")).ShouldBe("grüß dich €");
    }

    [Fact]
    public async Task Keys_expire_exist_and_are_deleted()
    {
        await _redis.SetAsync("short", "x");
        (await _redis.KeyTimeToLiveAsync("short")).ShouldBeNull();
        (await _redis.KeyExpireAsync("short", TimeSpan.FromMinutes(1))).ShouldBeTrue();
        (await _redis.KeyTimeToLiveAsync("short"))!.Value.ShouldBeInRange(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1));
        (await _redis.KeyExpireAsync("short", TimeSpan.FromHours(1))).ShouldBeTrue();
        (await _redis.KeyTimeToLiveAsync("short"))!.Value.ShouldBeGreaterThan(TimeSpan.FromMinutes(30));
        (await _redis.KeyExpireAsync("no such key", TimeSpan.FromHours(1))).ShouldBeFalse();
        (await _redis.KeyTimeToLiveAsync("no such key")).ShouldBeNull();
        (await _redis.KeyExistsAsync("short")).ShouldBeTrue();
        (await _redis.KeyDeleteAsync("short")).ShouldBeTrue();
        (await _redis.KeyDeleteAsync("short")).ShouldBeFalse();
        (await _redis.KeyExistsAsync("short")).ShouldBeFalse();
    }

    [Fact]
    public async Task Hashes_keep_their_fields()
    {
        await _redis.HashSetAsync("hash", [new("role", "stt"), new("slots", 8), new("näme", new byte[] { 255, 0 })]);
        (await _redis.HashSetAsync("hash", "role", "translation")).ShouldBeFalse();
        (await _redis.HashGetStringAsync("hash", "role")).ShouldBe("translation");
        (await _redis.HashGetStringAsync("hash", "no such field")).ShouldBeNull();

        var all = await _redis.HashGetAllAsync("hash");
        all.Length.ShouldBe(3);
        all.FindString("slots").ShouldBe("8");
        all.FindString("other").ShouldBeNull();
        ((byte[]?)all[2].Value).ShouldBe([255, 0]);
        (await _redis.HashGetAllAsync("no such key")).ShouldBeEmpty();
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
        var reply = (await _redis.ExecuteAsync("CONFIG", "GET", "maxmemory*")).ToDictionary();
        ((long)reply["maxmemory"]).ShouldBe(0);

        var tree = await _redis.ExecuteAsync("EVAL", "redis.setresp(3); return {1, 'two', {false, true}, {double=3.5}}", 0);
        ((long)tree[0], (string?)tree[1], (bool)tree[2][1], (double)tree[3]).ShouldBe((1, "two", true, 3.5));
    }

    [Fact]
    public async Task Errors_of_the_server_come_with_their_code()
    {
        await _redis.SetAsync("string", "x");
        (await Should.ThrowAsync<RedisServerException>(_redis.StreamLengthAsync("string"))).Code.ShouldBe("WRONGTYPE");
        (await Should.ThrowAsync<RedisServerException>(_redis.ExecuteAsync("NOSUCHCOMMAND"))).Code.ShouldBe("ERR");
        (await Should.ThrowAsync<RedisServerException>(_redis.StreamReadGroupAsync("nothing", "g", "c", 1))).Code.ShouldBe("NOGROUP");
        ((string?)await _redis.GetAsync("string")).ShouldBe("x");
    }

    [Fact]
    public async Task The_connection_carries_the_client_s_name_and_database()
    {
        await using var other = new RedisClient(fixture.Options with { ClientName = "named", Database = 7 });
        await other.SetAsync("in seven", "x");
        ((string?)await other.ExecuteAsync("CLIENT", "GETNAME")).ShouldBe("named");
        (await _redis.KeyExistsAsync("in seven")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_disposed_client_is_refused()
    {
        var other = new RedisClient(fixture.Options);
        await other.PingAsync();
        await other.DisposeAsync();
        await other.DisposeAsync();
        await Should.ThrowAsync<ObjectDisposedException>(() => other.PingAsync());
    }
}
