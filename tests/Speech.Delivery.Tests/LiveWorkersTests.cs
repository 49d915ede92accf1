using Speech.Delivery.Heartbeats;
using Speech.Delivery.Jobs;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Delivery.Tests;

public class LiveWorkersTests(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    [Fact]
    public async Task Who_is_in_the_group_and_beats_lives_and_can_work_once_its_model_is_loaded()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var workers = WorkersOf(bench);
        (await workers.ReadAsync(JobStream.Translations, bench.Patience)).ShouldBeEmpty(); // there is no group

        await JoinAsync(
            bench, "ready", ("model", "nano.en"), ("model_state", "ready"), ("slots", "8"), ("busy", "3"), ("languages", "en fr"));
        await JoinAsync(bench, "loading", ("model", "tiny"), ("model_state", "loading"), ("slots", "0"));
        await JoinAsync(bench, "dead");
        await bench.Redis.HashSetAsync(RedisKeys.Worker("elsewhere"), [new("model_state", "ready")]);

        var live = (await workers.ReadAsync(JobStream.Audio, bench.Patience)).OrderByDescending(worker => worker.Id).ToArray();
        live.Select(worker => (worker.Id, worker.Model, worker.IsReady, worker.Slots, worker.Busy)).ShouldBe(
            [("ready", "nano.en", true, 8, 3), ("loading", "tiny", false, 0, 0)]);
        live[0].Languages.ShouldBe(["en", "fr"]);
    }

    [Fact]
    public async Task What_only_looks_like_a_heartbeat_is_none_and_one_that_boasts_is_not_believed()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        await JoinAsync(bench, "string");
        await bench.Redis.SetAsync(RedisKeys.Worker("string"), "ready");
        await JoinAsync(bench, "many", [.. Enumerable.Range(0, 1000).Select(i => ($"f{i}", "x"))]);
        await JoinAsync(bench, "large", ("model", new string('x', 1 << 20)), ("slots", "2147483647"), ("busy", "-1"));

        var live = (await WorkersOf(bench).ReadAsync(JobStream.Audio, bench.Patience)).ShouldHaveSingleItem();
        (live.Id, live.Slots, live.Busy).ShouldBe(("large", 10_000, 0));
        live.Model!.Length.ShouldBe(4096);
    }

    private static LiveWorkers WorkersOf(Bench bench) => new(bench.Redis, new HeartbeatStore(bench.Redis), new JobOptions());

    private static async Task JoinAsync(Bench bench, string id, params (string Name, string Value)[] fields)
    {
        await bench.Redis.EnsureGroupAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, bench.Patience);
        await bench.Redis.ExecuteAsync("XGROUP", "CREATECONSUMER", RedisKeys.AudioJobs, RedisKeys.SttWorkers, id);
        if (fields.Length > 0)
            await bench.Redis.HashSetAsync(RedisKeys.Worker(id), [.. fields.Select(field => new HashEntry(field.Name, field.Value))]);
    }
}
