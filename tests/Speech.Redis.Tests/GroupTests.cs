namespace Speech.Redis.Tests;

public class GroupTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RedisClient _redis = fixture.Client;

    [Fact]
    public async Task A_group_can_be_ensured_any_number_of_times_and_misses_nothing_older()
    {
        await _redis.StreamAddAsync("ensure", [("n", 1)]);
        (await _redis.EnsureGroupAsync("ensure", "g")).ShouldBeTrue();
        (await _redis.EnsureGroupAsync("ensure", "g")).ShouldBeFalse();
        (await Should.ThrowAsync<RedisServerException>(_redis.CreateGroupAsync("ensure", "g", null))).Code.ShouldBe("BUSYGROUP");
        (await _redis.StreamReadGroupAsync("ensure", "g", "c", 10)).Length.ShouldBe(1);

        await _redis.CreateGroupAsync("ensure", "only new", startAfter: null);
        (await _redis.StreamReadGroupAsync("ensure", "only new", "c", 10)).ShouldBeEmpty();
        await Should.ThrowAsync<RedisServerException>(_redis.CreateGroupAsync("no such stream", "g", null, createStream: false));
        (await _redis.DestroyGroupAsync("ensure", "g")).ShouldBeTrue();
        (await _redis.DestroyGroupAsync("ensure", "g")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_job_goes_to_one_consumer_and_is_acknowledged_once()
    {
        await _redis.EnsureGroupAsync("jobs", "g");
        for (var i = 0; i < 10; i++)
            await _redis.StreamAddAsync("jobs", [("n", i)]);
        var first = await _redis.StreamReadGroupAsync("jobs", "g", "one", 4);
        var second = await _redis.StreamReadGroupAsync("jobs", "g", "two", 100);
        first.Concat(second).Select(entry => entry.Fields.GetString("n")).ShouldBe(Enumerable.Range(0, 10).Select(i => $"{i}"));
        (await _redis.StreamReadGroupAsync("jobs", "g", "one", 100)).ShouldBeEmpty();

        var summary = await _redis.StreamPendingAsync("jobs", "g");
        (await _redis.StreamPendingCountAsync("jobs", "g")).ShouldBe(summary.Count);
        (await _redis.StreamPendingCountAsync("jobs", "nobody")).ShouldBe(0);
        (summary.Count, summary.Min, summary.Max).ShouldBe((10, first[0].Id, second[^1].Id));
        summary.Consumers.ShouldBe(new Dictionary<string, long> { ["one"] = 4, ["two"] = 6 }, ignoreOrder: true);
        var group = (await _redis.StreamGroupsAsync("jobs")).ShouldHaveSingleItem();
        (group.Name, group.Consumers, group.Pending, group.LastDeliveredId, group.Lag).ShouldBe(("g", 2, 10, second[^1].Id, 0));
        (await _redis.StreamConsumersAsync("jobs", "g")).Select(c => (c.Name, c.Pending)).ShouldBe([("one", 4), ("two", 6)]);

        (await _redis.StreamAcknowledgeAsync("jobs", "g", first[0].Id)).ShouldBeTrue();
        (await _redis.StreamAcknowledgeAsync("jobs", "g", first[0].Id)).ShouldBeFalse();
        (await _redis.StreamAcknowledgeAsync("jobs", "g", [.. second.Select(entry => entry.Id)])).ShouldBe(6);
        (await _redis.StreamReadGroupAsync("jobs", "g", "one", 100, pendingAfter: StreamId.Zero)).Select(entry => entry.Id)
            .ShouldBe(first[1..].Select(entry => entry.Id));
        (await _redis.DeleteConsumerAsync("jobs", "g", "one")).ShouldBe(3);
        summary = await _redis.StreamPendingAsync("jobs", "g");
        (summary.Count, summary.Min, summary.Max, summary.Consumers.Count).ShouldBe((0, null, null, 0));
    }

    [Fact]
    public async Task A_pending_entry_that_was_deleted_is_reported_without_fields()
    {
        await _redis.EnsureGroupAsync("deleted", "g");
        var gone = await _redis.StreamAddAsync("deleted", [("n", 1)]);
        var there = await _redis.StreamAddAsync("deleted", [("n", 2)]);
        await _redis.StreamReadGroupAsync("deleted", "g", "c", 10);
        await _redis.StreamDeleteAsync("deleted", [gone]);
        var pending = await _redis.StreamReadGroupAsync("deleted", "g", "c", 10, pendingAfter: StreamId.Zero);
        pending.Select(entry => (entry.Id, entry.IsDeleted, entry.Fields.Count)).ShouldBe([(gone, true, 0), (there, false, 1)]);

        var claim = await _redis.StreamAutoClaimAsync("deleted", "g", "other", TimeSpan.Zero);
        claim.Next.ShouldBe(StreamId.Zero);
        claim.Entries.Select(entry => entry.Id).ShouldBe([there]);
        claim.Deleted.ShouldBe([gone]);
        (await _redis.StreamPendingAsync("deleted", "g")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_a_consumer_left_is_claimed_page_by_page()
    {
        await _redis.EnsureGroupAsync("left", "g");
        var ids = new List<StreamId>();
        for (var i = 0; i < 25; i++)
            ids.Add(await _redis.StreamAddAsync("left", [("n", i)]));
        await _redis.StreamReadGroupAsync("left", "g", "dead", 100);
        (await _redis.StreamAutoClaimAsync("left", "g", "alive", TimeSpan.FromHours(1))).Entries.ShouldBeEmpty();

        var claimed = new List<StreamId>();
        var start = StreamId.Zero;
        do
        {
            var claim = await _redis.StreamAutoClaimAsync("left", "g", "alive", TimeSpan.Zero, start, count: 10);
            claimed.AddRange(claim.Entries.Select(entry => entry.Id));
            start = claim.Next;
        }
        while (start != StreamId.Zero);
        claimed.ShouldBe(ids);
        var pending = await _redis.StreamPendingRangeAsync("left", "g", 100, consumer: "alive");
        pending.Select(entry => entry.Deliveries).ShouldAllBe(deliveries => deliveries == 2);
        (await _redis.StreamPendingRangeAsync("left", "g", 3, from: ids[5], to: ids[6])).Select(entry => entry.Id).ShouldBe(ids[5..7]);
        (await _redis.StreamPendingRangeAsync("left", "g", 100, minIdle: TimeSpan.FromHours(1))).ShouldBeEmpty();
        (await _redis.StreamPendingRangeAsync("left", "g", 100, consumer: "dead")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Chosen_entries_are_claimed_by_the_first_who_asks()
    {
        await _redis.EnsureGroupAsync("chosen", "g");
        var ids = new List<StreamId>();
        for (var i = 0; i < 3; i++)
            ids.Add(await _redis.StreamAddAsync("chosen", [("n", i)]));
        await _redis.StreamReadGroupAsync("chosen", "g", "dead", 100);
        await _redis.StreamDeleteAsync("chosen", [ids[1]]);

        (await _redis.StreamClaimAsync("chosen", "g", "early", TimeSpan.FromHours(1), [.. ids])).ShouldBeEmpty();
        var claimed = await _redis.StreamClaimAsync("chosen", "g", "alive", TimeSpan.Zero, [ids[0], ids[1], StreamId.Max]);

        claimed.Select(entry => (entry.Id, entry.Fields.GetString("n"))).ShouldBe([(ids[0], "0")]);
        var pending = await _redis.StreamPendingRangeAsync("chosen", "g", 100);
        pending.Select(entry => (entry.Id, entry.Consumer, entry.Deliveries)).ShouldBe([(ids[0], "alive", 2L), (ids[2], "dead", 1L)]);
    }

    [Fact]
    public async Task Renewing_a_job_restarts_its_idle_time_and_counts_no_delivery()
    {
        await _redis.EnsureGroupAsync("renew", "g");
        var id = await _redis.StreamAddAsync("renew", [("n", 1)]);
        await _redis.StreamReadGroupAsync("renew", "g", "c", 1);
        await _redis.ExecuteAsync("XCLAIM", "renew", "g", "c", 0, id, "IDLE", 3_600_000, "JUSTID");
        (await _redis.StreamPendingRangeAsync("renew", "g", 1))[0].Idle.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromHours(1));
        (await _redis.StreamRenewAsync("renew", "g", "c", [id])).ShouldBe([id]);
        var pending = (await _redis.StreamPendingRangeAsync("renew", "g", 1)).ShouldHaveSingleItem();
        pending.Idle.ShouldBeLessThan(TimeSpan.FromMinutes(30));
        (pending.Consumer, pending.Deliveries).ShouldBe(("c", 1));
    }
}
