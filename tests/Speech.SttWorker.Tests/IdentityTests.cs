using Speech.Contracts.Server;
using Speech.Delivery;
using Speech.Hosting;
using Speech.Redis;
using Speech.Workers.Life;

namespace Speech.SttWorker.Tests;

/// <summary>A worker's name is its own while it lives.</summary>
[Trait("Speed", "Slow")]
public class IdentityTests
{
    [Fact]
    public async Task A_name_that_a_living_worker_has_is_refused_with_one_line_and_nothing_of_its_jobs_is_touched()
    {
        using var gate = new ManualResetEventSlim();
        await using var bench = await Bench.CreateAsync();
        var first = await bench.StartWorkerAsync("twin", inner => new GatedModel(inner, gate));
        await bench.EnqueueAsync("anna", Utterances.Some(3));
        await Eventually.TrueAsync(() => first.Held.Count == 3);
        var pending = (await bench.PendingAsync()).Select(entry => (entry.StreamId, (string?)entry.ConsumerName, entry.DeliveryCount))
            .ToArray();

        var (code, errors) = await bench.RunToEndAsync("twin");

        code.ShouldBe(SpeechHost.SettingsExitCode);
        var line = errors.ShouldHaveSingleItem();
        line.ShouldContain("WORKER_ID is 'twin', which another worker that lives has (stt on ");
        line.ShouldContain($"process {Environment.ProcessId}");
        line.ShouldContain("--worker-prefix");
        (await bench.PendingAsync()).Select(entry => (entry.StreamId, (string?)entry.ConsumerName, entry.DeliveryCount)).ShouldBe(pending);
        (await bench.Redis.KeyExistsAsync(RedisKeys.Worker("twin"), bench.Patience)).ShouldBeTrue();
        gate.Set();
        await bench.ShouldHaveHeardAsync("anna", Utterances.Some(3));
        await first.IdleAsync();
        first.Statistics.Done.ShouldBe(3);
    }

    [Fact]
    public async Task A_worker_that_is_started_again_after_it_was_killed_has_its_name_at_once()
    {
        await using var bench = await Bench.CreateAsync();
        var killed = await bench.StartProcessAsync("phoenix");
        killed.Kill();
        await killed.ExitedAsync(bench.Patience);
        var left = await bench.Redis.KeyTimeToLiveAsync(RedisKeys.Worker("phoenix"), bench.Patience);

        await bench.StartWorkerAsync("phoenix");

        await Eventually.TrueAsync(async () =>
            await bench.Redis.HashGetStringAsync(RedisKeys.Worker("phoenix"), "pid", bench.Patience) == $"{Environment.ProcessId}");
        left.ShouldNotBeNull("its heartbeat has not expired");
    }

    [Fact]
    public async Task A_heartbeat_of_another_machine_that_is_not_renewed_is_waited_for()
    {
        await using var bench = await Bench.CreateAsync();
        await BeatAsync(bench, "late", "elsewhere");

        var worker = await bench.StartWorkerAsync("late");
        await worker.ModelReady;
        var health = (await worker.HealthAsync()).Body;
        health["status"]!.GetValue<string>().ShouldBe("starting", health.ToJsonString());
        health["jobs"]!["state"]!.GetValue<string>().ShouldContain("waiting for the name late");

        await bench.EnqueueAsync("anna", Utterances.Some(1));
        await bench.ShouldHaveHeardAsync("anna", Utterances.Some(1));
        (await worker.HealthAsync()).Body["status"]!.GetValue<string>().ShouldBe("ok");
    }

    [Fact]
    public async Task A_worker_whose_name_was_taken_while_it_stood_still_ends_and_leaves_the_other_alone()
    {
        await using var bench = await Bench.CreateAsync();
        var process = await bench.StartProcessAsync("frozen");
        process.Freeze();
        await bench.Redis.KeyDeleteAsync(RedisKeys.Worker("frozen"), bench.Patience); // as if it had expired
        await BeatAsync(bench, "frozen", "elsewhere");

        process.Thaw();
        await process.ExitedAsync(bench.Patience);

        process.ExitCode.ShouldBe(SpeechHost.SettingsExitCode);
        (await process.ErrorsAsync()).ShouldContain(line => line.Contains("WORKER_ID is 'frozen'"));
        (await bench.Redis.HashGetStringAsync(RedisKeys.Worker("frozen"), "instance", bench.Patience)).ShouldBe("another");
    }

    [Fact]
    public async Task A_worker_whose_heartbeat_expired_while_it_stood_still_takes_its_name_again()
    {
        await using var bench = await Bench.CreateAsync();
        var process = await bench.StartProcessAsync("sleeper");
        process.Freeze();
        await bench.Redis.KeyDeleteAsync(RedisKeys.Worker("sleeper"), bench.Patience);

        process.Thaw();

        await Eventually.TrueAsync(() => bench.Redis.KeyExistsAsync(RedisKeys.Worker("sleeper"), bench.Patience));
        await bench.EnqueueAsync("anna", Utterances.Some(1));
        await bench.ShouldHaveHeardAsync("anna", Utterances.Some(1));
    }

    [Fact]
    public async Task A_key_that_is_no_heartbeat_is_never_displaced()
    {
        await using var bench = await Bench.CreateAsync();
        await bench.Redis.HashSetAsync(RedisKeys.Worker("squatted"), "role", "somebody", bench.Patience);

        var (code, errors) = await bench.RunToEndAsync("squatted");

        code.ShouldBe(SpeechHost.SettingsExitCode);
        errors.ShouldContain(line => line.Contains("WORKER_ID is 'squatted'"));
        (await bench.Redis.HashGetAllAsync(RedisKeys.Worker("squatted"), bench.Patience)).Length.ShouldBe(1);
    }

    /// <summary>The heartbeat of a process that cannot be seen from here.</summary>
    private static async Task BeatAsync(Bench bench, string worker, string host)
    {
        await bench.Redis.HashSetAsync(
            RedisKeys.Worker(worker), [new("role", "stt"), new("instance", "another"), new("host", host), new("pid", 4_000_000), new(
                "processes", "other")], bench.Patience);
        await bench.Redis.KeyExpireAsync(RedisKeys.Worker(worker), Heartbeat.Lifetime, bench.Patience);
    }
}
