using StackExchange.Redis;

namespace Speech.Redis.Tests;

public class BlockingTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private readonly RedisClient _redis = fixture.Client;

    [Fact]
    public async Task A_blocking_read_ends_when_an_entry_comes()
    {
        await using var reader = new RedisBlockingConnection(fixture.Options);
        await _redis.EnsureGroupAsync("wait", "g");
        var reading = reader.StreamReadGroupAsync("wait", "g", "c", 10, Long);
        await BlockedClientsAsync(1);
        reading.IsCompleted.ShouldBeFalse();
        var id = await _redis.StreamAddAsync("wait", [new("n", 1)]);
        (await reading).ShouldHaveSingleItem().StreamId.ShouldBe(id);
    }

    [Fact]
    public async Task A_blocking_read_ends_empty_when_nothing_comes()
    {
        await using var reader = new RedisBlockingConnection(fixture.Options);
        await _redis.EnsureGroupAsync("nothing", "g");
        (await reader.StreamReadGroupAsync("nothing", "g", "c", 10, TimeSpan.FromMilliseconds(20))).ShouldBeEmpty();
    }

    [Fact]
    public async Task Several_streams_are_read_at_once()
    {
        await using var reader = new RedisBlockingConnection(fixture.Options);
        await _redis.EnsureGroupAsync("many:1", "g");
        await _redis.EnsureGroupAsync("many:2", "g");
        await _redis.StreamAddAsync("many:2", [new("n", 2)]);
        var streams = await reader.StreamReadGroupAsync(["many:1", "many:2"], "g", "c", 10, Long);
        streams.ShouldHaveSingleItem().Key.ShouldBe("many:2");
        streams[0].Entries.ShouldHaveSingleItem().GetString("n").ShouldBe("2");
    }

    [Fact]
    public async Task Cancelling_a_read_ends_it_on_both_sides_and_the_next_one_works()
    {
        await using var reader = new RedisBlockingConnection(fixture.Options with { ClientName = "cancelled" });
        await _redis.EnsureGroupAsync("cancel", "g");
        for (var i = 0; i < 5; i++)
        {
            using var cancellation = new CancellationTokenSource();
            var reading = reader.StreamReadGroupAsync("cancel", "g", "c", 10, Long, cancellation.Token);
            await BlockedClientsAsync(1, "cancelled");
            await cancellation.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(reading);
            await BlockedClientsAsync(0, "cancelled");
        }
        // None of the cancelled reads took the entry.
        await _redis.StreamAddAsync("cancel", [new("n", 1)]);
        (await reader.StreamReadGroupAsync("cancel", "g", "c", 10, Long)).Length.ShouldBe(1);
    }

    [Fact]
    public async Task An_entry_taken_by_a_read_that_nobody_saw_is_found_among_the_pending()
    {
        await _redis.EnsureGroupAsync("unseen", "g");
        var id = await _redis.StreamAddAsync("unseen", [new("n", 1)]);
        await using (var reader = new RedisBlockingConnection(fixture.Options))
            await reader.StreamReadGroupAsync("unseen", "g", "c", 10, Long); // and forgotten, as if the process had died
        (await _redis.StreamReadGroupAsync("unseen", "g", "c", 10, pendingAfter: StreamId.Zero)).ShouldHaveSingleItem().StreamId
            .ShouldBe(id);
    }

    [Fact]
    public async Task A_group_destroyed_under_a_read_is_an_error_with_a_code()
    {
        await using var reader = new RedisBlockingConnection(fixture.Options);
        await _redis.EnsureGroupAsync("vanish", "g");
        var reading = reader.StreamReadGroupAsync("vanish", "g", "c", 10, Long);
        await BlockedClientsAsync(1);
        await _redis.KeyDeleteAsync("vanish");
        (await Should.ThrowAsync<RedisServerException>(reading)).Code.ShouldBeOneOf("UNBLOCKED", "NOGROUP");
        (await Should.ThrowAsync<RedisServerException>(reader.StreamReadGroupAsync("vanish", "g", "c", 10, Long))).Code.ShouldBe("NOGROUP");
    }

    [Fact]
    public async Task Reads_on_one_connection_take_turns()
    {
        await using var reader = new RedisBlockingConnection(fixture.Options);
        var first = reader.ExecuteAsync("BLPOP", [(RedisKey)"turns", 60], Long);
        var second = reader.ExecuteAsync("BLPOP", [(RedisKey)"turns", 60], Long);
        await _redis.ExecuteAsync("RPUSH", "turns", "a", "b");
        ((string?)(await first)[1]).ShouldBe("a");
        ((string?)(await second)[1]).ShouldBe("b");
    }

    [Fact]
    public async Task Disposing_of_the_connection_ends_a_read_that_waits()
    {
        await _redis.EnsureGroupAsync("dispose", "g");
        var reader = new RedisBlockingConnection(fixture.Options with { ClientName = "disposed" });
        var reading = reader.StreamReadGroupAsync("dispose", "g", "c", 10, Long);
        await BlockedClientsAsync(1, "disposed");
        await reader.DisposeAsync();
        await Should.ThrowAsync<RedisConnectionException>(reading);
    }

    [Fact]
    public async Task A_block_of_no_time_or_for_ever_is_refused()
    {
        await using var reader = new RedisBlockingConnection(fixture.Options);
        foreach (var block in (TimeSpan[])[TimeSpan.Zero, Timeout.InfiniteTimeSpan, TimeSpan.MaxValue])
            await Should.ThrowAsync<ArgumentOutOfRangeException>(() => reader.StreamReadGroupAsync("k", "g", "c", 1, block));
    }

    // Asks the server until so many connections (of that name) are blocked.
    private Task BlockedClientsAsync(int count, string name = "speech") => Eventually.TrueAsync(async () =>
    {
        var clients = ((string)(await _redis.ExecuteAsync("CLIENT", "LIST"))!).Split('\n');
        return clients.Count(client => client.Contains($"name={name} ", StringComparison.Ordinal)
            && client.Contains("flags=b", StringComparison.Ordinal)) == count;
    });
}
