using Speech.Delivery;
using Speech.Hosting;
using Speech.Hosting.Settings;
using Speech.Redis;
using Speech.TranslationWorker.Settings;

namespace Speech.TranslationWorker.Tests;

public class SettingsTests
{
    [Fact]
    public void The_values_that_env_example_shows_are_the_defaults()
    {
        var documented = new EnvironmentSettings(EnvExample.Settings.GetValueOrDefault);
        TranslationWorkerSettings.From(documented).ShouldBe(TranslationWorkerSettings.From(new EnvironmentSettings(_ => null)));
        documented.Problems.ShouldBeEmpty();
    }

    [Fact]
    public void Wrong_settings_are_all_reported()
    {
        var given = new Dictionary<string, string>
        {
            ["WORKER_ID"] = "has spaces",
            ["TRANSLATION_DTYPE"] = "f8",
            ["TRANSLATION_BEAM_SIZE"] = "0",
            ["TRANSLATION_MAX_BATCH_SIZE"] = "many",
            ["USE_STUB_TRANSLATION"] = "perhaps",
        };
        var settings = new EnvironmentSettings(given.GetValueOrDefault);

        TranslationWorkerSettings.From(settings);

        settings.Problems.Count.ShouldBe(given.Count);
        foreach (var name in given.Keys)
            settings.Problems.ShouldContain(problem => problem.Contains(name));
    }

    [Theory]
    [InlineData("4", "5", "set TRANSLATION_MAX_BATCH_SIZE to 5")]
    [InlineData("16", "6", "set TRANSLATION_MAX_BATCH_SIZE to 12 or 18")]
    public void Beams_that_do_not_divide_the_batch_are_reported_with_what_would(string batch, string beams, string remedy)
    {
        var given = new Dictionary<string, string> { ["TRANSLATION_MAX_BATCH_SIZE"] = batch, ["TRANSLATION_BEAM_SIZE"] = beams };
        var settings = new EnvironmentSettings(given.GetValueOrDefault);

        TranslationWorkerSettings.From(settings);

        settings.Problems.ShouldHaveSingleItem().ShouldContain(remedy);
    }

    [Fact]
    public async Task Health_and_heartbeat_say_that_it_is_a_stub()
    {
        await using var bench = await Bench.CreateAsync();
        var worker = await bench.StartWorkerAsync();
        await worker.ModelReady;

        var (_, health) = await worker.HealthAsync();

        health["model"]!["stub"]!.GetValue<bool>().ShouldBeTrue();
        health["model"]!["name"]!.GetValue<string>().ShouldBe("stub");
        await Eventually.TrueAsync(async () =>
            await bench.Redis.HashGetStringAsync(RedisKeys.Worker("t1"), "model_state", bench.Patience) == "ready");
        var fields = await bench.Redis.HashGetAllAsync(RedisKeys.Worker("t1"), bench.Patience);
        (fields.GetString("role"), fields.GetString("model"), fields.GetString("slots")).ShouldBe(("translation", "stub", "16"));
    }
}
