namespace Speech.Redis.Tests;

public class StreamTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RedisClient _redis = fixture.Client;

    [Fact]
    public async Task An_entry_comes_back_with_its_fields()
    {
        var job = new byte[] { 0, 1, 2, 255 };
        var id = await _redis.StreamAddAsync("entry", [("client_id", "ann"), ("segment", 3), ("job", job), ("job", "second")]);
        (await _redis.StreamLengthAsync("entry")).ShouldBe(1);
        var entry = (await _redis.StreamRangeAsync("entry")).ShouldHaveSingleItem();
        entry.Id.ShouldBe(id);
        entry.IsDeleted.ShouldBeFalse();
        entry.Fields.Count.ShouldBe(4);
        entry.Fields.GetString("client_id").ShouldBe("ann");
        entry.Fields["job"].ToArray().ShouldBe(job); // of two fields of one name, the first
        entry.Fields.TryGet("other", out _).ShouldBeFalse();
        entry.Fields.Select(field => field.Key).ShouldBe(["client_id", "segment", "job", "job"]);
    }

    [Fact]
    public async Task Explicit_ids_must_grow()
    {
        (await _redis.StreamAddAsync("ids", [("a", 1)], id: new StreamId(5, 0))).ShouldBe(new StreamId(5, 0));
        (await Should.ThrowAsync<RedisServerException>(_redis.StreamAddAsync("ids", [("a", 1)], id: new StreamId(5, 0)))).Code.ShouldBe("ERR");
        (await _redis.StreamAddAsync("ids", [("a", 1)], id: new StreamId(5, 1))).ShouldBe(new StreamId(5, 1));
    }

    [Fact]
    public async Task Adding_only_to_a_stream_that_exists()
    {
        (await _redis.StreamAddIfExistsAsync("perhaps", [("a", 1)])).ShouldBeNull();
        await _redis.StreamAddAsync("perhaps", [("a", 1)]);
        (await _redis.StreamAddIfExistsAsync("perhaps", [("a", 2)])).ShouldNotBeNull();
    }

    [Fact]
    public async Task Ranges_go_both_ways_and_deletion_leaves_the_rest()
    {
        for (ulong i = 1; i <= 10; i++)
            await _redis.StreamAddAsync("range", [("n", (long)i)], id: new StreamId(i, 0));
        (await _redis.StreamRangeAsync("range", new StreamId(3, 0), new StreamId(5, 0))).Select(Number).ShouldBe(["3", "4", "5"]);
        (await _redis.StreamReverseRangeAsync("range", from: new StreamId(5, 0), count: 2)).Select(Number).ShouldBe(["5", "4"]);
        (await _redis.StreamDeleteAsync("range", [new StreamId(4, 0), new StreamId(99, 0)])).ShouldBe(1);
        (await _redis.StreamRangeAsync("range", new StreamId(3, 0), count: 2)).Select(Number).ShouldBe(["3", "5"]);
        (await _redis.StreamRangeAsync("no such stream")).ShouldBeEmpty();

        static string Number(StreamEntry entry) => entry.Fields.GetString("n");
    }

    [Fact]
    public async Task Streams_are_trimmed_by_length_and_by_id()
    {
        for (ulong i = 1; i <= 20; i++)
            await _redis.StreamAddAsync("trim", [("n", (long)i)], id: new StreamId(i, 0), trim: StreamTrim.MaxLength(10, exact: true));
        (await _redis.StreamLengthAsync("trim")).ShouldBe(10);
        (await _redis.StreamTrimAsync("trim", StreamTrim.MinId(new StreamId(15, 0), exact: true))).ShouldBe(4);
        await _redis.StreamAddAsync("trim", [("n", 21)], trim: StreamTrim.MinId(new StreamId(18, 0), exact: true));
        (await _redis.StreamLengthAsync("trim")).ShouldBe(4);
        await _redis.StreamAddAsync("trim", [("n", 22)], trim: StreamTrim.MaxLength(1)); // approximate: keeps whole nodes
        (await _redis.StreamLengthAsync("trim")).ShouldBe(5);
    }

    [Fact]
    public async Task Info_tells_length_and_ends()
    {
        await _redis.StreamAddAsync("info", [("a", 1)], id: new StreamId(1, 1));
        await _redis.StreamAddAsync("info", [("a", 2)], id: new StreamId(2, 2));
        await _redis.EnsureGroupAsync("info", "g");
        var info = await _redis.StreamInfoAsync("info");
        (info.Length, info.Groups, info.LastGeneratedId).ShouldBe((2, 1, new StreamId(2, 2)));
        info.FirstEntry!.Value.Id.ShouldBe(new StreamId(1, 1));
        info.LastEntry!.Value.Fields.GetString("a").ShouldBe("2");
        await _redis.StreamDeleteAsync("info", [new StreamId(1, 1), new StreamId(2, 2)]);
        (await _redis.StreamInfoAsync("info")).FirstEntry.ShouldBeNull();
        (await Should.ThrowAsync<RedisServerException>(_redis.StreamInfoAsync("no such stream"))).Code.ShouldBe("ERR");
    }
}
