using Speech.Contracts.Server;
using Speech.Delivery;
using Speech.Redis;

namespace Speech.SttWorker.Tests;

/// <summary>How workers leave, by will and by force.</summary>
[Trait("Speed", "Slow")]
public class ShutdownTests
{
    [Fact]
    public async Task On_sigterm_the_program_finishes_or_gives_back_its_jobs_signs_off_and_ends_well()
    {
        await using var bench = await Bench.CreateAsync();
        var utterances = Utterances.Some(40);
        await bench.EnqueueAsync("anna", utterances);
        var process = await bench.StartProcessAsync("leaving");
        await bench.ResultsAsync("anna", 1);

        process.Terminate();
        await process.ExitedAsync(bench.Patience);

        process.ExitCode.ShouldBe(0);
        (await bench.PendingAsync())
            .ShouldAllBe(entry => entry.DeliveryCount == 0 && entry.IdleTimeInMilliseconds >= TimeSpan.FromSeconds(30).TotalMilliseconds);
        (await bench.Redis.KeyExistsAsync(RedisKeys.Worker("leaving"), bench.Patience)).ShouldBeFalse();

        await bench.StartWorkerAsync("next");
        await bench.ShouldHaveHeardAsync("anna", utterances);
    }

    [Fact]
    public async Task A_worker_that_is_killed_loses_nothing()
    {
        await using var bench = await Bench.CreateAsync();
        var utterances = Utterances.Some(40);
        var process = await bench.StartProcessAsync("killed");
        await bench.EnqueueAsync("anna", utterances);
        await bench.ResultsAsync("anna", 1);

        process.Kill();
        await process.ExitedAsync(bench.Patience);
        await bench.StartWorkerAsync("next");

        await bench.ShouldHaveHeardAsync("anna", utterances);
    }

    [Fact]
    public async Task A_stopped_worker_leaves_the_group_when_it_has_nothing_left()
    {
        await using var bench = await Bench.CreateAsync();
        var worker = await bench.StartWorkerAsync("w1");
        var utterances = Utterances.Some(3);
        await bench.EnqueueAsync("anna", utterances);
        await bench.ResultsAsync("anna", 1);

        await worker.StopAsync();

        var pending = await bench.PendingAsync();
        var consumers = await bench.Redis.StreamConsumersAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, bench.Patience);
        consumers.Length.ShouldBe(pending.Length > 0 ? 1 : 0);
        (await bench.Redis.StreamConsumersAsync(RedisKeys.InterimJobs, RedisKeys.SttWorkers, bench.Patience)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_stopping_worker_cannot_finish_in_time_is_given_back_at_once()
    {
        using var gate = new ManualResetEventSlim();
        await using var bench = await Bench.CreateAsync();
        var stuck = await bench.StartWorkerAsync(
            "stuck", inner => new GatedModel(inner, gate), "--DRAIN_TIMEOUT_SECONDS", "2", "--JOB_TIMEOUT_MS", "3600000",
            "--MAX_BATCH_SIZE", "2");
        var utterances = Utterances.Some(3);
        await bench.EnqueueAsync("anna", utterances);
        await Eventually.TrueAsync(() => stuck.Held.Count == 2);

        await stuck.StopAsync();
        var pending = await bench.PendingAsync();
        gate.Set();

        pending.Length.ShouldBe(2);
        pending.ShouldAllBe(entry => entry.DeliveryCount == 0 && entry.IdleTimeInMilliseconds >= TimeSpan.FromHours(1).TotalMilliseconds);
        var next = await bench.StartWorkerAsync("next", null, "--JOB_TIMEOUT_MS", "3600000");
        await bench.ShouldHaveHeardAsync("anna", utterances);
        await next.IdleAsync();
        next.Statistics.Done.ShouldBe(3);
    }
}
