namespace Speech.Redis.Tests;

public class GroupTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RedisClient _redis = fixture.Client;

    [Fact]
    public async Task A_group_can_be_ensured_any_number_of_times_and_misses_nothing_older()
    {
        await _redis.StreamAddAsync("ensure", [new("n", 1)]);
        (await _redis.EnsureGroupAsync("ensure", "g")).ShouldBeTrue();
        (await _redis.EnsureGroupAsync("ensure", "g")).ShouldBeFalse();
        (await _redis.StreamReadGroupAsync("ensure", "g", "c", 10)).Length.ShouldBe(1);
        (await _redis.StreamReadGroupAsync("ensure", "g", "c", 10)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_job_goes_to_one_consumer_and_is_acknowledged_once()
    {
        await _redis.EnsureGroupAsync("jobs", "g");
        for (var i = 0; i < 10; i++)
            await _redis.StreamAddAsync("jobs", [new("n", i)]);
        var first = await _redis.StreamReadGroupAsync("jobs", "g", "one", 4);
        var second = await _redis.StreamReadGroupAsync("jobs", "g", "two", 100);
        first.Concat(second).Select(entry => entry.GetString("n")).ShouldBe(Enumerable.Range(0, 10).Select(i => $"{i}"));
        (await _redis.StreamReadGroupAsync("jobs", "g", "one", 100)).ShouldBeEmpty();

        var summary = await _redis.StreamPendingAsync("jobs", "g");
        (await _redis.StreamPendingCountAsync("jobs", "g")).ShouldBe(summary.PendingMessageCount);
        (await _redis.StreamPendingCountAsync("jobs", "nobody")).ShouldBe(0);
        (summary.PendingMessageCount, StreamId.From(summary.LowestPendingMessageId), StreamId.From(summary.HighestPendingMessageId))
            .ShouldBe((10, first[0].StreamId, second[^1].StreamId));
        (await _redis.StreamConsumersAsync("jobs", "g")).Select(c => (c.Name, c.PendingMessageCount)).ShouldBe([("one", 4), ("two", 6)]);

        (await _redis.StreamAcknowledgeAsync("jobs", "g", [first[0].StreamId])).ShouldBe(1);
        (await _redis.StreamAcknowledgeAsync("jobs", "g", [first[0].StreamId])).ShouldBe(0);
        (await _redis.StreamAcknowledgeAsync("jobs", "g", [.. second.Select(entry => entry.StreamId)])).ShouldBe(6);
        (await _redis.StreamReadGroupAsync("jobs", "g", "one", 100, pendingAfter: StreamId.Zero)).Select(entry => entry.StreamId)
            .ShouldBe(first[1..].Select(entry => entry.StreamId));
        (await _redis.StreamPendingCountAsync("jobs", "g")).ShouldBe(3);
    }

    [Fact]
    public async Task A_pending_entry_that_was_deleted_is_reported_without_fields()
    {
        await _redis.EnsureGroupAsync("deleted", "g");
        var gone = await _redis.StreamAddAsync("deleted", [new("n", 1)]);
        var there = await _redis.StreamAddAsync("deleted", [new("n", 2)]);
        await _redis.StreamReadGroupAsync("deleted", "g", "c", 10);
        await _redis.StreamDeleteAsync("deleted", [gone]);
        var pending = await _redis.StreamReadGroupAsync("deleted", "g", "c", 10, pendingAfter: StreamId.Zero);
        pending.Select(entry => (entry.StreamId, entry.IsDeleted, entry.FindString("n")))
            .ShouldBe([(gone, true, null), (there, false, "2")]);

        var claim = await _redis.RunAsync(database => database.StreamAutoClaimAsync("deleted", "g", "other", 0, StreamId.Zero));
        StreamId.From(claim.NextStartId).ShouldBe(StreamId.Zero);
        claim.ClaimedEntries.Select(entry => entry.StreamId).ShouldBe([there]);
        claim.DeletedIds.Select(StreamId.From).ShouldBe([gone]);
        (await _redis.StreamPendingCountAsync("deleted", "g")).ShouldBe(1);
    }

    [Fact]
    public async Task What_a_consumer_left_is_found_by_who_looks_for_it()
    {
        await _redis.EnsureGroupAsync("left", "g");
        var ids = new List<StreamId>();
        for (var i = 0; i < 25; i++)
            ids.Add(await _redis.StreamAddAsync("left", [new("n", i)]));
        await _redis.StreamReadGroupAsync("left", "g", "dead", 100);

        var pending = await _redis.StreamPendingRangeAsync("left", "g", 100, consumer: "dead");
        pending.Select(entry => entry.StreamId).ShouldBe(ids);
        pending.Select(entry => entry.DeliveryCount).ShouldAllBe(deliveries => deliveries == 1);
        (await _redis.StreamPendingRangeAsync("left", "g", 3, from: ids[5], to: ids[6]))
            .Select(entry => entry.StreamId).ShouldBe(ids[5..7]);
        (await _redis.StreamPendingRangeAsync("left", "g", 100, minIdle: TimeSpan.FromHours(1))).ShouldBeEmpty();
        (await _redis.StreamPendingRangeAsync("left", "g", 100, consumer: "alive")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Chosen_entries_are_claimed_by_the_first_who_asks()
    {
        await _redis.EnsureGroupAsync("chosen", "g");
        var ids = new List<StreamId>();
        for (var i = 0; i < 3; i++)
            ids.Add(await _redis.StreamAddAsync("chosen", [new("n", i)]));
        await _redis.StreamReadGroupAsync("chosen", "g", "dead", 100);
        await _redis.StreamDeleteAsync("chosen", [ids[1]]);

        (await _redis.StreamClaimAsync("chosen", "g", "early", TimeSpan.FromHours(1), [.. ids])).ShouldBeEmpty();
        var claimed = await _redis.StreamClaimAsync("chosen", "g", "alive", TimeSpan.Zero, [ids[0], ids[1], StreamId.Max]);

        claimed.Select(entry => (entry.StreamId, entry.GetString("n"))).ShouldBe([(ids[0], "0")]);
        var pending = await _redis.StreamPendingRangeAsync("chosen", "g", 100);
        pending.Select(entry => (entry.StreamId, (string?)entry.ConsumerName, entry.DeliveryCount))
            .ShouldBe([(ids[0], "alive", 2), (ids[2], "dead", 1)]);
    }

    [Fact]
    public async Task Renewing_a_job_restarts_its_idle_time_and_counts_no_delivery()
    {
        await _redis.EnsureGroupAsync("renew", "g");
        var id = await _redis.StreamAddAsync("renew", [new("n", 1)]);
        await _redis.StreamReadGroupAsync("renew", "g", "c", 1);
        await _redis.ExecuteAsync("XCLAIM", "renew", "g", "c", 0, $"{id}", "IDLE", 3_600_000, "JUSTID");
        (await _redis.StreamPendingRangeAsync("renew", "g", 1))[0].IdleTimeInMilliseconds.ShouldBeGreaterThanOrEqualTo(3_600_000);
        (await _redis.StreamRenewAsync("renew", "g", "c", [id])).ShouldBe([id]);
        var pending = (await _redis.StreamPendingRangeAsync("renew", "g", 1)).ShouldHaveSingleItem();
        pending.IdleTimeInMilliseconds.ShouldBeLessThan(1_800_000);
        ((string?)pending.ConsumerName, pending.DeliveryCount).ShouldBe(("c", 1));
    }
}
