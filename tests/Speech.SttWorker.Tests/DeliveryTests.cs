using Speech.Contracts.Server;
using Speech.Delivery;
using Speech.Redis;

namespace Speech.SttWorker.Tests;

public class DeliveryTests
{
    [Fact]
    public async Task A_job_that_two_workers_do_is_published_once()
    {
        using var gate = new ManualResetEventSlim();
        await using var bench = await Bench.CreateAsync();
        var utterances = Utterances.Some(1);
        var slow = await bench.StartWorkerAsync("slow", inner => new GatedModel(inner, gate), "--MAX_BATCH_SIZE", "1");
        await bench.EnqueueAsync("anna", utterances);
        await Eventually.TrueAsync(() => slow.Held.Count == 1);

        var taken = (await bench.PendingAsync()).Single().StreamId;
        await bench.Redis.StreamRenewAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, "ghost", [taken], bench.Patience);
        var other = await bench.StartWorkerAsync("other");
        await bench.ShouldHaveHeardAsync("anna", utterances);
        gate.Set();
        await Task.WhenAll(slow.IdleAsync(), other.IdleAsync());

        (await bench.ResultsAsync("anna")).Count.ShouldBe(1);
        other.Statistics.Done.ShouldBe(1);
        slow.Statistics.Done.ShouldBe(0);
    }

    [Fact]
    public async Task Jobs_of_a_consumer_without_a_heartbeat_are_taken_over_long_before_the_job_timeout()
    {
        await using var bench = await Bench.CreateAsync();
        var utterances = Utterances.Some(6);
        await bench.EnqueueAsync("anna", utterances);
        (await bench.TakeAndVanishAsync(4)).Length.ShouldBe(4);

        var worker = await bench.StartWorkerAsync("w1", null, "--JOB_TIMEOUT_MS", "3600000");

        await bench.ShouldHaveHeardAsync("anna", utterances);
        worker.Statistics.Claimed.ShouldBe(4);
    }

    [Fact]
    public async Task Jobs_of_a_consumer_with_a_heartbeat_are_left_to_it_until_the_job_timeout()
    {
        await using var bench = await Bench.CreateAsync();
        var utterances = Utterances.Some(2);
        await bench.EnqueueAsync("anna", utterances);
        var taken = (await bench.TakeAndVanishAsync(1)).Single().StreamId;
        await bench.Redis.HashSetAsync(RedisKeys.Worker("ghost"), "role", "stt", bench.Patience);

        await bench.StartWorkerAsync("w1", null, "--JOB_TIMEOUT_MS", "4000");
        await bench.ShouldHaveHeardAsync("anna", utterances);

        (await AgeAsync(bench, taken)).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task A_worker_that_comes_back_under_its_name_begins_with_what_it_had_left()
    {
        await using var bench = await Bench.CreateAsync();
        var utterances = Utterances.Some(3);
        await bench.EnqueueAsync("anna", utterances);
        await bench.TakeAndVanishAsync(2, "w1");

        var worker = await bench.StartWorkerAsync("w1", null, "--JOB_TIMEOUT_MS", "3600000");

        await bench.ShouldHaveHeardAsync("anna", utterances);
        worker.Statistics.Claimed.ShouldBe(2);
    }

    [Fact]
    public async Task A_job_that_takes_long_is_renewed_and_left_to_its_worker()
    {
        using var gate = new ManualResetEventSlim();
        await using var bench = await Bench.CreateAsync();
        var utterances = Utterances.Some(1);
        var slow = await bench.StartWorkerAsync("slow", inner => new GatedModel(inner, gate), "--JOB_TIMEOUT_MS", "1000");
        await bench.EnqueueAsync("anna", utterances);
        await Eventually.TrueAsync(() => slow.Held.Count == 1);
        var other = await bench.StartWorkerAsync("other", null, "--JOB_TIMEOUT_MS", "1000");

        var taken = (await bench.PendingAsync()).Single().StreamId;
        await Eventually.TrueAsync(async () => await AgeAsync(bench, taken) > TimeSpan.FromSeconds(3));
        (await bench.PendingAsync()).ShouldHaveSingleItem().ConsumerName.ToString().ShouldBe("slow");
        gate.Set();

        await bench.ShouldHaveHeardAsync("anna", utterances);
        await slow.IdleAsync();
        other.Statistics.Claimed.ShouldBe(0);
        slow.Statistics.Done.ShouldBe(1);
    }

    [Fact]
    public async Task A_job_that_cannot_be_read_goes_to_the_dead_stream_and_its_client_is_told_in_its_turn()
    {
        await using var bench = await Bench.CreateAsync();
        await bench.Queue.EnqueueAsync(Utterances.Job("anna", 0, Utterances.All[0]), 1, 0, bench.Patience);
        await bench.Redis.StreamAddAsync(
            RedisKeys.AudioJobs, [new("client_id", "anna"), new("segment", 1), new("kind", "final"), new("job", new byte[] { 0xC1, 7 })],
            cancellationToken: bench.Patience);
        await bench.Redis.HashSetAsync(RedisKeys.Session("anna"), "segments", 2, bench.Patience);
        await bench.Queue.EnqueueAsync(Utterances.Job("anna", 2, Utterances.All[1]), 3, 0, bench.Patience);

        var worker = await bench.StartWorkerAsync();
        var results = await bench.ResultsAsync("anna", 3);

        results.Select(result => result.Segment).ShouldBe([0, 1, 2]);
        var failed = results[1].ShouldBeOfType<Failed>();
        (failed.Stage, failed.Code).ShouldBe(("transcribe", "malformed_job"));
        var dead = (await bench.Redis.StreamRangeAsync(RedisKeys.Dead(RedisKeys.AudioJobs), cancellationToken: bench.Patience))
            .ShouldHaveSingleItem();
        dead.GetString("reason").ShouldBe(failed.Message);
        ((byte[]?)dead["job"]).ShouldBe([0xC1, 7]);
        (await bench.PendingAsync()).ShouldBeEmpty();
        await worker.IdleAsync();
        worker.Statistics.Failed.ShouldBe(1);
    }

    [Fact]
    public async Task An_entry_that_says_nothing_at_all_is_buried_and_the_others_go_on()
    {
        await using var bench = await Bench.CreateAsync();
        await bench.Redis.StreamAddAsync(RedisKeys.AudioJobs, [new("hello", "world")], cancellationToken: bench.Patience);
        await bench.Redis.StreamAddAsync(
            RedisKeys.AudioJobs, [new("client_id", "spaces are not allowed"), new("segment", "x"), new("job", new byte[1_000_000])],
            cancellationToken: bench.Patience);
        var utterances = Utterances.Some(1);
        await bench.EnqueueAsync("anna", utterances);

        await bench.StartWorkerAsync();

        await bench.ShouldHaveHeardAsync("anna", utterances);
        (await bench.Redis.StreamLengthAsync(RedisKeys.Dead(RedisKeys.AudioJobs), bench.Patience)).ShouldBe(2);
        (await bench.DepthAsync()).ShouldBe(0);
        (await bench.PendingAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_job_that_was_given_out_too_often_is_given_up()
    {
        await using var bench = await Bench.CreateAsync();
        var utterances = Utterances.Some(2);
        await bench.EnqueueAsync("anna", utterances);
        var taken = (await bench.TakeAndVanishAsync(1)).Single().StreamId;
        await bench.Redis.StreamClaimAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, "ghost", TimeSpan.Zero, [taken], bench.Patience);

        await bench.StartWorkerAsync("w1", null, "--MAX_DELIVERIES", "2");
        var results = await bench.ResultsAsync("anna", 2);

        results[0].ShouldBeOfType<Failed>().Code.ShouldBe("max_deliveries");
        var dead = (await bench.Redis.StreamRangeAsync(RedisKeys.Dead(RedisKeys.AudioJobs), cancellationToken: bench.Patience))
            .ShouldHaveSingleItem();
        dead.GetString("cause").ShouldBe("max_deliveries");
        dead.GetString("deliveries").ShouldBe("2");
        results[1].ShouldBeOfType<Transcript>().Text.ShouldBe(utterances[1].Text);
        (await bench.Redis.StreamLengthAsync(RedisKeys.Dead(RedisKeys.AudioJobs), bench.Patience)).ShouldBe(1);
    }

    [Trait("Speed", "Slow")]
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_job_that_the_model_fails_on_is_tried_again_and_given_up_and_harms_no_other(bool whenAdmitted)
    {
        await using var bench = await Bench.CreateAsync();
        var (anna, ben) = (Utterances.Some(6), Utterances.Some(9)[6..]);
        await bench.EnqueueAsync("anna", anna);
        await bench.EnqueueAsync("bad", Utterances.Some(1));
        await bench.EnqueueAsync("ben", ben);

        var worker = await bench.StartWorkerAsync(
            "w1", inner => new FailingTranscriber(inner, "bad", whenAdmitted), "--MAX_DELIVERIES", "2");

        await bench.ShouldHaveHeardAsync("anna", anna);
        await bench.ShouldHaveHeardAsync("ben", ben);
        var failed = (await bench.ResultsAsync("bad", 1)).ShouldHaveSingleItem().ShouldBeOfType<Failed>();
        failed.Code.ShouldBe("model_error");
        failed.Message.ShouldContain("cannot stand this audio");
        await worker.IdleAsync();
        worker.Statistics.Retried.ShouldBe(1);
        (await bench.DepthAsync()).ShouldBe(0);
    }

    [Trait("Speed", "Slow")]
    [Fact]
    public async Task Redis_is_killed_and_restarted_in_mid_flight_and_every_result_comes_once()
    {
        await using var bench = await Bench.CreateAsync();
        await bench.StartWorkerAsync("w1");
        await bench.StartWorkerAsync("w2");
        var utterances = Utterances.Some(24);
        await bench.EnqueueAsync("anna", utterances);
        await bench.ResultsAsync("anna", 2);

        await bench.Server.RestartAsync();

        await bench.ShouldHaveHeardAsync("anna", utterances);
        await Eventually.TrueAsync(async () => await bench.DepthAsync() == 0);
        (await bench.PendingAsync()).ShouldBeEmpty();
    }

    /// <summary>How long ago a job was queued, by Redis' clock.</summary>
    private static async Task<TimeSpan> AgeAsync(Bench bench, StreamId job)
    {
        var time = (long[])(await bench.Redis.ExecuteAsync("TIME", [], bench.Patience))!;
        return TimeSpan.FromMilliseconds((time[0] * 1000) + (time[1] / 1000) - (long)job.Milliseconds);
    }
}
