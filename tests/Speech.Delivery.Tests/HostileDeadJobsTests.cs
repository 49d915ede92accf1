using Speech.Contracts.Server;
using Speech.Delivery.Dead;
using Speech.Delivery.Heartbeats;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Delivery.Tests;

/// <summary>A dead job is on one of its two streams, whatever refuses the rest; and a heartbeat may be anybody's.</summary>
public class HostileDeadJobsTests(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    [Theory]
    [InlineData("xadd")]
    [InlineData("xdel")]
    [InlineData("xrange")]
    public async Task What_a_user_may_not_do_leaves_a_dead_job_where_it_is(string command)
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        await KillAsync(bench);
        var job = (await ListAsync(bench)).ShouldHaveSingleItem();
        await bench.Redis.ExecuteAsync("ACL", "SETUSER", $"no-{command}", "on", ">pw", "~*", "&*", "+@all", $"-{command}");
        await using var user = new RedisClient(RedisOptions.Parse(fixture.Server.Url) with { Username = $"no-{command}", Password = "pw" });

        await Should.ThrowAsync<RedisServerException>(() => new DeadJobs(user).RetryAsync(job, bench.Patience));

        (await ListAsync(bench)).ShouldHaveSingleItem().Id.ShouldBe(job.Id);
        (await bench.Redis.StreamLengthAsync(RedisKeys.AudioJobs)).ShouldBe(0);
    }

    [Fact]
    public async Task A_queue_of_another_type_takes_no_dead_job_and_it_stays()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        await KillAsync(bench);
        var job = (await ListAsync(bench)).ShouldHaveSingleItem();
        await bench.Redis.SetAsync(RedisKeys.AudioJobs, "no stream");

        await Should.ThrowAsync<RedisServerException>(() => new DeadJobs(bench.Redis).RetryAsync(job, bench.Patience));

        (await ListAsync(bench)).ShouldHaveSingleItem().Id.ShouldBe(job.Id);
    }

    [Fact]
    public async Task An_entry_of_thousands_of_fields_is_not_put_back_and_says_why()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        await bench.Redis.StreamAddAsync(
            RedisKeys.Dead(RedisKeys.AudioJobs), [.. Enumerable.Range(0, 5000).Select(i => new NameValueEntry($"f{i}", "x"))]);
        var job = (await ListAsync(bench)).ShouldHaveSingleItem();

        var change = await new DeadJobs(bench.Redis).RetryAsync(job, bench.Patience);

        change.IsDone.ShouldBeFalse();
        change.Outcome.ShouldContain("more fields than a job has");
        (await ListAsync(bench)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_is_no_heartbeat_of_ours_is_none_and_long_values_are_cut()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var store = new HeartbeatStore(bench.Redis);
        await bench.Redis.SetAsync("worker:text", "no hash");
        await bench.Redis.ExecuteAsync("HSET", ["worker:wide", .. Enumerable.Range(0, 130).Select(i => (RedisValue)$"f{i}")]);
        await bench.Redis.ExecuteAsync("HSET", "worker:long", "model", new string('x', 100_000));

        (await store.ReadAsync("worker:text", bench.Patience)).ShouldBeEmpty();
        (await store.ReadAsync("worker:wide", bench.Patience)).ShouldBeEmpty();
        (await store.ReadAsync("worker:none", bench.Patience)).ShouldBeEmpty();
        (await store.ReadAsync("worker:long", bench.Patience))["model"].Length.ShouldBe(4096);
    }

    private static async Task KillAsync(Bench bench)
    {
        var entry = (await bench.EnqueueAndReadAsync(1))[0];
        (await bench.Completion.AbandonAsync(entry, new Failed(0, 0, Failed.Transcribing, "x", "y"), bench.Patience)).ShouldBeTrue();
    }

    private static async Task<IReadOnlyList<DeadJob>> ListAsync(Bench bench) =>
        await new DeadJobs(bench.Redis).ListAsync([RedisKeys.AudioJobs], bench.Patience).ToListAsync(bench.Patience);
}
