using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Delivery.Jobs;
using Speech.Delivery.Sessions;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Delivery.Tests;

public class EnqueueTests(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    [Fact]
    public async Task An_entry_is_readable_for_people_and_holds_the_job()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        await bench.EnqueueAsync(0);
        var entry = (await bench.Redis.StreamRangeAsync(RedisKeys.AudioJobs)).ShouldHaveSingleItem();
        entry.Values.Select(field => (string?)field.Name).ShouldBe(["client_id", "segment", "kind", "duration_ms", "job"]);
        entry.GetString("client_id").ShouldBe("anna");
        entry.GetString("segment").ShouldBe("0");
        entry.GetString("kind").ShouldBe("final");
        entry.GetString("duration_ms").ShouldBe("500");
        AudioJob.Read(entry["job"]).End.ShouldBe(0.5);
        (await bench.Queue.DepthAsync(bench.Patience)).ShouldBe(1);
    }

    [Fact]
    public async Task An_enqueue_that_is_repeated_adds_once()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        (await bench.EnqueueAsync(0)).ShouldBe(EnqueueResult.Added);
        (await bench.EnqueueAsync(0)).ShouldBe(EnqueueResult.AlreadyQueued);
        (await bench.EnqueueAsync(1)).ShouldBe(EnqueueResult.Added);
        (await bench.EnqueueAsync(1)).ShouldBe(EnqueueResult.AlreadyQueued);
        (await bench.EnqueueAsync(0)).ShouldBe(EnqueueResult.AlreadyQueued);
        (await bench.Queue.DepthAsync(bench.Patience)).ShouldBe(2);
        (await bench.Sessions.ReadAsync("anna", bench.Patience)).ShouldSay(segments: 2, committed: 1.5, seq: 0, released: 0);
    }

    [Fact]
    public async Task A_gap_and_another_s_segment_of_the_same_number_are_out_of_order()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        await bench.EnqueueAsync(0);
        (await bench.EnqueueAsync(2)).ShouldBe(EnqueueResult.OutOfOrder);
        (await bench.EnqueueAsync(0, shift: 0.1)).ShouldBe(EnqueueResult.OutOfOrder);
        (await bench.Queue.DepthAsync(bench.Patience)).ShouldBe(1);
    }

    [Fact]
    public async Task Session_and_history_expire_and_every_segment_puts_that_off()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server, options: new JobOptions { HistoryTtl = TimeSpan.FromSeconds(100) });
        var entry = (await bench.EnqueueAndReadAsync(1))[0];
        await bench.FinishAsync(entry, 0);
        foreach (var key in (string[])["session:anna", "history:anna"])
        {
            (await bench.Redis.KeyTimeToLiveAsync(key)).ShouldNotBeNull()
                .ShouldBeInRange(TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(100));
            await bench.Redis.KeyExpireAsync(key, TimeSpan.FromSeconds(20));
        }
        await bench.EnqueueAsync(1);
        foreach (var key in (string[])["session:anna", "history:anna"])
            (await bench.Redis.KeyTimeToLiveAsync(key)).ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.FromSeconds(50));
    }

    [Fact]
    public async Task A_silent_client_is_kept_alive_and_its_committed_time_never_goes_back()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server, options: new JobOptions { HistoryTtl = TimeSpan.FromSeconds(100) });
        var hold = bench.Holds.Create("anna", "key", "gateway");
        await hold.ClaimAsync(lastSeq: 0, bench.Patience);
        await bench.EnqueueAsync(0);
        await bench.Redis.KeyExpireAsync("session:anna", TimeSpan.FromSeconds(20));
        foreach (var seconds in (double[])[12.5, 3])
            (await hold.KeepAliveAsync(new SessionProgress(seconds, default), bench.Patience)).ShouldBe(HoldResult.Done);
        (await bench.Sessions.ReadAsync("anna", bench.Patience)).CommittedSeconds.ShouldBe(12.5);
        (await bench.Redis.KeyTimeToLiveAsync("session:anna")).ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.FromSeconds(50));
        (await bench.Sessions.ReadAsync("nobody", bench.Patience)).ShouldSay(segments: 0, committed: 0, seq: 0, released: 0);
    }

    [Fact]
    public async Task When_Redis_has_lost_the_session_the_gateway_s_numbers_go_on()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        (await bench.EnqueueAsync(12, lastSeq: 30)).ShouldBe(EnqueueResult.Added);
        await bench.FinishAsync((await bench.ReadAsync(1))[0], 12);
        (await bench.HearAsync(1))[0].Seq.ShouldBe(31);

        await bench.Redis.KeyDeleteAsync("session:anna"); // but not the history
        (await bench.EnqueueAsync(13, lastSeq: 3)).ShouldBe(EnqueueResult.Added);
        await bench.FinishAsync((await bench.ReadAsync(1))[0], 13);
        (await bench.HearAsync(1))[0].Seq.ShouldBe(32);
    }

    [Fact]
    public async Task Interim_jobs_are_capped_and_the_newest_stay()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server, options: new JobOptions { MaxInterimJobs = 3 });
        for (var segment = 0; segment < 10; segment++)
            await bench.Queue.EnqueueInterimAsync(Bench.Job(segment, AudioJobKind.Interim), bench.Patience);
        var entries = await bench.Redis.StreamRangeAsync(RedisKeys.InterimJobs);
        entries.Select(entry => entry.GetString("segment")).ShouldBe(["7", "8", "9"]);
        entries[0].GetString("kind").ShouldBe("interim");
        (await bench.Queue.DepthAsync(bench.Patience)).ShouldBe(0);
    }

    [Fact]
    public async Task A_job_of_the_other_kind_is_refused()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        await Should.ThrowAsync<ArgumentException>(() => bench.Queue.EnqueueAsync(
            Bench.Job(0, AudioJobKind.Interim), 1, 0, bench.Patience));
        await Should.ThrowAsync<ArgumentException>(() => bench.Queue.EnqueueInterimAsync(Bench.Job(0), bench.Patience));
    }

    [Fact]
    public async Task A_segment_waits_for_a_Redis_that_is_away_and_an_error_that_waiting_will_not_mend_comes_out()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        await bench.EnqueueAsync(0);
        await fixture.Server.StopAsync();
        var waiting = bench.EnqueueAsync(1);
        await fixture.Server.RestartAsync();
        (await waiting).ShouldBe(EnqueueResult.Added);
        (await bench.Queue.DepthAsync(bench.Patience)).ShouldBe(2);

        await bench.Redis.KeyDeleteAsync(RedisKeys.AudioJobs);
        await bench.Redis.SetAsync(RedisKeys.AudioJobs, "not a stream");
        var exception = await Should.ThrowAsync<RedisServerException>(() => bench.EnqueueAsync(2));
        exception.Message.ShouldContain("WRONGTYPE");
    }

    [Fact]
    public async Task Waiting_ends_when_it_is_cancelled()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        await fixture.Server.StopAsync();
        using var cancellation = new CancellationTokenSource();
        var job = Bench.Job(0);
        var waiting = bench.Queue.EnqueueAsync(job, job.End, 0, cancellation.Token);
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        await fixture.Server.RestartAsync();
    }

    [Fact]
    public async Task Many_who_write_at_once_never_make_the_queue_longer_than_they_allow()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var results = await Task.WhenAll(Enumerable.Range(0, 40).Select(client => bench.Queue.EnqueueAsync(
            Bench.Job(0, clientId: $"c{client}"), new SessionProgress(0.5, default), 0, owner: "", most: 7, bench.Patience)));
        results.Count(result => result == EnqueueResult.Added).ShouldBe(7);
        results.Count(result => result == EnqueueResult.NoRoom).ShouldBe(33);
        (await bench.Queue.DepthAsync(bench.Patience)).ShouldBe(7);

        // Who was told that there is no room left nothing behind, and is taken later.
        var refused = Array.IndexOf(results, EnqueueResult.NoRoom);
        (await bench.Redis.KeyExistsAsync(RedisKeys.Session($"c{refused}"), bench.Patience)).ShouldBeFalse();
        (await bench.Queue.EnqueueAsync(
            Bench.Job(0, clientId: $"c{refused}"), new SessionProgress(0.5, default), 0, owner: "", most: 8,
            bench.Patience)).ShouldBe(EnqueueResult.Added);
        bench.Queue.KnownDepth.ShouldBe(8, "the write itself tells");
    }

    [Fact]
    public async Task A_segment_that_is_in_the_queue_is_known_to_be_there_also_when_that_is_full()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        for (var i = 0; i < 2; i++)
        {
            var result = await bench.Queue.EnqueueAsync(
                Bench.Job(0), new SessionProgress(0.5, default), 0, owner: "", most: 1, bench.Patience);
            result.ShouldBe(i == 0 ? EnqueueResult.Added : EnqueueResult.AlreadyQueued);
        }
    }
}
