using System.Text.Json.Nodes;
using Speech.Contracts.Languages;
using Speech.Contracts.Server;
using Speech.Delivery;
using Speech.Redis;
using Speech.TranslationWorker.Jobs;

namespace Speech.TranslationWorker.Tests;

/// <summary>What a model has not learnt is not made up.</summary>
public class LanguageTests
{
    private static readonly string[] Real = ["--TRANSLATION_MODEL", "nano-nllb"];

    [Fact]
    public async Task A_language_that_the_model_has_not_learnt_fails_as_such_and_the_others_go_on()
    {
        await using var bench = await Bench.CreateAsync();
        await bench.StartWorkerAsync("t1", null, Real);

        await bench.SayAsync("anna", ["it costs twenty one euros"], "ja", "es");
        await bench.AddAsync(Bench.Job("ben", 0, "おはよう", "fr", source: "ja"));

        var anna = await bench.ResultsAsync("anna", 2);
        anna.OfType<Translation>().ShouldHaveSingleItem().Text.ShouldBe("cuesta veintiún euros");
        var failed = anna.OfType<Failed>().ShouldHaveSingleItem();
        (failed.Stage, failed.Code, failed.Language).ShouldBe(("translate", "unsupported_language", "ja"));
        failed.Message.ShouldContain("jpn_Jpan");
        (await bench.ResultsAsync("ben", 1)).ShouldHaveSingleItem().ShouldBeOfType<Failed>().Code.ShouldBe("unsupported_language");
        await bench.ShouldBeIdleAsync();
    }

    [Fact]
    public async Task A_job_goes_to_the_worker_whose_model_serves_its_language_and_that_does_not_count_as_a_delivery()
    {
        await using var bench = await Bench.CreateAsync();
        var nano = await bench.StartWorkerAsync("nano", null, [.. Real, "--MAX_DELIVERIES", "1"]);
        await nano.ModelReady;
        await bench.SayAsync("anna", ["one"], "fr");
        await bench.ResultsAsync("anna", 1);
        var all = await bench.StartWorkerAsync("all", null, "--MAX_DELIVERIES", "1");
        await Eventually.TrueAsync(async () =>
            await bench.Redis.HashGetAllAsync(RedisKeys.Worker("all"), bench.Patience) is var heartbeat
            && heartbeat.FindString("model_state") == "ready"
            && heartbeat.FindString("languages")?.Contains("jpn_Jpan") == true
            && (await bench.Redis.StreamConsumersAsync(
                RedisKeys.TranslationJobs, RedisKeys.TranslationWorkers, bench.Patience)).Length == 2);

        await bench.SayAsync("ben", ["one", "two", "three", "four", "five", "six"], "ja");

        await bench.ShouldHaveReadAsync("ben", ["one", "two", "three", "four", "five", "six"], "ja");
        await Task.WhenAll(nano.IdleAsync(), all.IdleAsync());
        all.Statistics.Done.ShouldBe(6);
        (nano.Statistics.Failed, all.Statistics.Failed).ShouldBe((0, 0));
        await bench.ShouldBeIdleAsync();
    }

    [Fact]
    public async Task The_heartbeat_names_the_languages_and_the_room_that_beams_leave()
    {
        await using var bench = await Bench.CreateAsync();
        await bench.StartWorkerAsync("t1", null, [.. Real, "--TRANSLATION_BEAM_SIZE", "4"]);

        await Eventually.TrueAsync(async () =>
            await bench.Redis.HashGetStringAsync(RedisKeys.Worker("t1"), "model_state", bench.Patience) == "ready");

        var fields = await bench.Redis.HashGetAllAsync(RedisKeys.Worker("t1"), bench.Patience);
        fields.GetString("languages").Split(' ').ShouldBe(["deu_Latn", "eng_Latn", "fra_Latn", "spa_Latn"], ignoreOrder: true);
        fields.GetString("slots").ShouldBe("4");
    }

    [Fact]
    public async Task A_model_that_says_nothing_of_its_languages_serves_all_that_its_tokenizer_knows()
    {
        var folder = Directory.CreateTempSubdirectory("speech-nllb-");
        try
        {
            foreach (var file in Directory.GetFiles(Checkout.Path("shared/models/nano-nllb")))
                File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
            var path = Path.Combine(folder.FullName, "config.json");
            var config = JsonNode.Parse(await File.ReadAllTextAsync(path))!.AsObject();
            config.Remove("served_languages");
            await File.WriteAllTextAsync(path, config.ToJsonString());
            await using var bench = await Bench.CreateAsync();

            var worker = await bench.StartWorkerAsync("t1", null, "--TRANSLATION_MODEL", folder.FullName);

            await worker.ModelReady;
            worker.Capacity.Languages.ShouldBe(TranslationLanguages.NllbCodes);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
