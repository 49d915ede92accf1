using Speech.Contracts.Server;
using Speech.Delivery;
using Speech.Hosting.Settings;
using Speech.Redis;
using Speech.SttWorker.Settings;

namespace Speech.SttWorker.Tests;

/// <summary>What a worker takes is what its model has room for.</summary>
public class CapacityTests
{
    [Fact]
    public async Task With_beams_a_worker_holds_no_more_than_its_model_runs_and_an_idle_peer_gets_the_others()
    {
        using var gate = new ManualResetEventSlim();
        await using var bench = await Bench.CreateAsync();
        await bench.EnqueueAsync("anna", Utterances.Some(8));
        var first = await bench.StartWorkerAsync("w1", inner => new GatedModel(inner, gate), "--BEAM_SIZE", "4");
        await Eventually.TrueAsync(() => first.Held.Count == 2);
        var second = await bench.StartWorkerAsync("w2", inner => new GatedModel(inner, gate), "--BEAM_SIZE", "4");
        await Eventually.TrueAsync(() => second.Held.Count == 2);

        await Eventually.TrueAsync(
            async () => await FieldsAsync(bench, "w1") == ("2", "2") && await FieldsAsync(bench, "w2") == ("2", "2"));
        var jobs = (await first.HealthAsync()).Body["jobs"]!;
        (jobs["slots"]!.GetValue<int>(), jobs["busy"]!.GetValue<int>()).ShouldBe((2, 2));
        (await bench.PendingAsync()).Length.ShouldBe(4);
        gate.Set();

        (await bench.ResultsAsync("anna", 8)).ShouldAllBe(result => result is Transcript);
        await Task.WhenAll(first.IdleAsync(), second.IdleAsync());
        first.Statistics.Done.ShouldBeGreaterThanOrEqualTo(2);
        second.Statistics.Done.ShouldBeGreaterThanOrEqualTo(2);
    }

    [Fact]
    public async Task Beams_that_no_temperature_uses_take_no_room()
    {
        await using var bench = await Bench.CreateAsync();
        var worker = await bench.StartWorkerAsync("w1", null, "--BEAM_SIZE", "4", "--TEMPERATURES", "0.4");
        await worker.ModelReady;
        (await worker.HealthAsync()).Body["jobs"]!["slots"]!.GetValue<int>().ShouldBe(8);
    }

    [Theory]
    [InlineData("4", "5", "set MAX_BATCH_SIZE to 5")]
    [InlineData("8", "3", "set MAX_BATCH_SIZE to 6 or 9")]
    public void Beams_that_do_not_divide_the_batch_are_reported_with_what_would(string batch, string beams, string remedy)
    {
        var given = new Dictionary<string, string> { ["MAX_BATCH_SIZE"] = batch, ["BEAM_SIZE"] = beams };
        var settings = new EnvironmentSettings(given.GetValueOrDefault);

        SttWorkerSettings.From(settings);

        settings.Problems.ShouldHaveSingleItem().ShouldContain(remedy);
    }

    private static async Task<(string? Slots, string? Busy)> FieldsAsync(Bench bench, string worker)
    {
        var fields = await bench.Redis.HashGetAllAsync(RedisKeys.Worker(worker), bench.Patience);
        return (fields.FindString("slots"), fields.FindString("busy"));
    }
}
