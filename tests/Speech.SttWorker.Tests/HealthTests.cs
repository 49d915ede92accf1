using System.Net;
using System.Text.Json.Nodes;
using Speech.Delivery;
using Speech.Hosting;
using Speech.Hosting.Settings;
using Speech.Redis;
using Speech.SttWorker.Settings;
using Speech.Workers.Life;

namespace Speech.SttWorker.Tests;

public class HealthTests
{
    [Fact]
    public async Task Health_is_starting_until_the_model_is_loaded_and_then_ok_with_the_figures()
    {
        using var loaded = new ManualResetEventSlim();
        await using var bench = await Bench.CreateAsync();
        var worker = await bench.StartWorkerAsync("w1", inner =>
        {
            loaded.Wait();
            return inner;
        });

        var (status, body) = await worker.HealthAsync();
        status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        body["model"]!["state"]!.GetValue<string>().ShouldBe("loading");

        loaded.Set();
        await worker.ModelReady;
        await bench.EnqueueAsync("anna", [Utterances.All[0]]);
        await bench.ResultsAsync("anna", 1);
        await worker.IdleAsync();

        (status, body) = await worker.HealthAsync();
        status.ShouldBe(HttpStatusCode.OK, body.ToJsonString());
        body["model"]!["state"]!.GetValue<string>().ShouldBe("ready");
        body["model"]!["name"]!.GetValue<string>().ShouldBe("nano.en");
        body["redis"]!["connected"]!.GetValue<bool>().ShouldBeTrue();
        body["jobs"]!["done"]!.GetValue<int>().ShouldBe(1);
        body["jobs"]!["slots"]!.GetValue<int>().ShouldBe(8);
        body["jobs"]!["busy"]!.GetValue<int>().ShouldBe(0);
        body["uptime_seconds"]!.GetValue<double>().ShouldBeGreaterThan(0);
    }

    [Trait("Speed", "Slow")]
    [Theory]
    [InlineData("enormous", "neither")]
    [InlineData("tiny", "MODEL_OFFLINE")]
    [InlineData("BROKEN", "ggml")]
    public async Task A_model_that_cannot_be_is_named_in_one_line_and_the_worker_ends_as_with_any_wrong_setting(string model, string reason)
    {
        using var folder = new TemporaryFolder();
        if (model == "BROKEN")
            await File.WriteAllTextAsync(model = folder.File("broken.bin"), "This is no model.");
        await using var bench = await Bench.CreateAsync();
        await bench.EnqueueAsync("anna", Utterances.Some(1));

        var (code, errors) = await bench.RunToEndAsync("w1", "--MODEL_SIZE", model, "--MODEL_OFFLINE", "1", "--MODEL_DIR", folder.Path);

        code.ShouldBe(SpeechHost.SettingsExitCode);
        var line = errors.ShouldHaveSingleItem();
        line.ShouldContain($"MODEL_SIZE is '{model}'");
        line.ShouldContain(reason);
        (await bench.DepthAsync()).ShouldBe(1);
        (await bench.Redis.KeyExistsAsync(RedisKeys.Worker("w1"), bench.Patience)).ShouldBeFalse();
    }

    [Fact]
    public async Task While_the_model_is_downloaded_health_says_how_far_it_is()
    {
        var gate = new TaskCompletionSource();
        await using var files = await FileServer.StartAsync();
        files.Content = await File.ReadAllBytesAsync(Checkout.Path("shared/models/nano.en/ggml-nano.en.bin"));
        files.Gate = gate.Task;
        var folder = Directory.CreateTempSubdirectory("speech-models-");
        try
        {
            await using var bench = await Bench.CreateAsync();
            var worker = await bench.StartWorkerAsync(
                "w1", null, "--MODEL_SIZE", $"{files.Url}/ggml-copy.bin", "--MODEL_DIR", folder.FullName);

            JsonNode? download = null;
            await Eventually.TrueAsync(async () =>
            {
                download = (await worker.HealthAsync()).Body["model"]!["download"];
                return download?["stage"]!.GetValue<string>() == "downloading";
            });
            download!["file"]!.GetValue<string>().ShouldBe("ggml-copy.bin");
            download["bytes"]!.GetValue<long>().ShouldBe(0);
            download["total_bytes"]!.GetValue<long>().ShouldBe(files.Content.Length);

            gate.SetResult();
            await worker.ModelReady;
            (await worker.HealthAsync()).Body["model"]!.AsObject().ShouldNotContainKey("download");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_heartbeat_says_who_works_on_what_and_goes_when_the_worker_goes()
    {
        await using var bench = await Bench.CreateAsync();
        var worker = await bench.StartWorkerAsync("w1");
        await Eventually.TrueAsync(async () =>
            await bench.Redis.HashGetStringAsync(RedisKeys.Worker("w1"), "model_state", bench.Patience) == "ready");

        var fields = await bench.Redis.HashGetAllAsync(RedisKeys.Worker("w1"), bench.Patience);
        fields.GetString("role").ShouldBe("stt");
        fields.GetString("model").ShouldBe("nano.en");
        fields.GetString("device").ShouldStartWith("cpu ");
        fields.GetString("slots").ShouldBe("8");
        fields.GetString("pid").ShouldBe($"{Environment.ProcessId}");
        (await bench.Redis.KeyTimeToLiveAsync(RedisKeys.Worker("w1"), bench.Patience)).ShouldNotBeNull()
            .ShouldBeLessThanOrEqualTo(Heartbeat.Lifetime);

        await worker.StopAsync();
        (await bench.Redis.KeyExistsAsync(RedisKeys.Worker("w1"), bench.Patience)).ShouldBeFalse();
    }

    [Fact]
    public void The_values_that_env_example_shows_are_the_defaults()
    {
        var documented = new EnvironmentSettings(EnvExample.Settings.GetValueOrDefault);
        var (settings, defaults) = (SttWorkerSettings.From(documented), SttWorkerSettings.From(new EnvironmentSettings(_ => null)));
        settings.Temperatures.ShouldBe(defaults.Temperatures);
        (settings with { Temperatures = defaults.Temperatures }).ShouldBe(defaults);
        documented.Problems.ShouldBeEmpty();
    }

    [Fact]
    public void Wrong_settings_are_all_reported()
    {
        var given = new Dictionary<string, string>
        {
            ["WORKER_ID"] = "has spaces",
            ["AUDIO_CONTEXT"] = "long",
            ["MAX_BATCH_SIZE"] = "0",
            ["JOB_TIMEOUT_MS"] = "soon",
        };
        var settings = new EnvironmentSettings(given.GetValueOrDefault);

        SttWorkerSettings.From(settings);

        settings.Problems.Count.ShouldBe(4);
        foreach (var name in given.Keys)
            settings.Problems.ShouldContain(problem => problem.Contains(name));
    }
}
