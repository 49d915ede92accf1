using StackExchange.Redis;

namespace Speech.Redis.Tests;

public class StreamTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RedisClient _redis = fixture.Client;

    [Fact]
    public async Task An_entry_comes_back_with_its_fields()
    {
        var job = new byte[] { 0, 1, 2, 255 };
        var id = await _redis.StreamAddAsync("entry", [new("client_id", "ann"), new("segment", 3), new("job", job), new("job", "second")]);
        (await _redis.StreamLengthAsync("entry")).ShouldBe(1);
        var entry = (await _redis.StreamRangeAsync("entry")).ShouldHaveSingleItem();
        entry.StreamId.ShouldBe(id);
        entry.IsDeleted.ShouldBeFalse();
        entry.GetString("client_id").ShouldBe("ann");
        entry.TryGet("job", out var bytes).ShouldBeTrue();
        bytes.ToArray().ShouldBe(job); // of two fields of one name, the first
        entry.TryGet("other", out _).ShouldBeFalse();
        entry.FindString("other").ShouldBeNull();
        Should.Throw<KeyNotFoundException>(() => entry.GetString("other")).Message.ShouldContain("client_id, segment");
        entry.Values.Select(field => (string?)field.Name).ShouldBe(["client_id", "segment", "job", "job"]);
    }

    [Fact]
    public async Task Ranges_are_read_and_deletion_leaves_the_rest()
    {
        for (ulong i = 1; i <= 10; i++)
            await AddAsync("range", new StreamId(i, 0), (long)i);
        (await _redis.StreamRangeAsync("range", new StreamId(3, 0), new StreamId(5, 0))).Select(Number).ShouldBe(["3", "4", "5"]);
        (await _redis.StreamDeleteAsync("range", [new StreamId(4, 0), new StreamId(99, 0)])).ShouldBe(1);
        (await _redis.StreamRangeAsync("range", new StreamId(3, 0), count: 2)).Select(Number).ShouldBe(["3", "5"]);
        (await _redis.StreamRangeAsync("no such stream")).ShouldBeEmpty();

        static string Number(StreamEntry entry) => entry.GetString("n");
    }

    [Fact]
    public async Task Explicit_ids_must_grow()
    {
        (await AddAsync("ids", new StreamId(5, 0), 1)).ShouldBe(new StreamId(5, 0));
        (await Should.ThrowAsync<RedisServerException>(AddAsync("ids", new StreamId(5, 0), 1))).Code.ShouldBe("ERR");
        (await AddAsync("ids", new StreamId(5, 1), 1)).ShouldBe(new StreamId(5, 1));
    }

    private Task<StreamId> AddAsync(string key, StreamId id, long number) => _redis.StreamAddAsync(key, [new("n", number)], id);
}
