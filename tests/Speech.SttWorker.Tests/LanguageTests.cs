using Speech.Contracts.Server;
using Speech.Delivery;

namespace Speech.SttWorker.Tests;

/// <summary>A client says which language is spoken, and models know some.</summary>
public sealed class LanguageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_only_English_models_hear_is_English_and_says_so()
    {
        await using var bench = await Bench.CreateAsync();
        var worker = await bench.StartWorkerAsync();
        await worker.ModelReady;
        worker.Capacity.Languages.ShouldBe(["en"]);
        await bench.Queue.EnqueueAsync(
            Utterances.Job("anna", 0, Utterances.All[0], language: "fr", translate: ["en", "fr"]), 1, 0, bench.Patience);

        var transcript = (await bench.ResultsAsync("anna", 1))[0].ShouldBeOfType<Transcript>();

        (transcript.Language, transcript.Text).ShouldBe(("en", Utterances.All[0].Text));
        transcript.Translations.ShouldBe(["fr"]);
    }

    [Fact]
    public async Task A_job_in_a_language_goes_to_the_worker_whose_model_knows_it()
    {
        MultilingualModel.Write(_folder.File("multilingual.bin"));
        await using var bench = await Bench.CreateAsync();
        var english = await bench.StartWorkerAsync("english");
        var other = await bench.StartWorkerAsync("other", null, "--MODEL_SIZE", _folder.File("multilingual.bin"));
        await Eventually.TrueAsync(async () =>
            (await bench.Redis.HashGetStringAsync(RedisKeys.Worker("other"), "languages", bench.Patience))?.Contains("fr") == true
            && (await bench.Redis.StreamConsumersAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, bench.Patience)).Length == 2);

        for (var segment = 0; segment < 6; segment++)
            await bench.Queue.EnqueueAsync(
                Utterances.Job("anna", segment, Utterances.All[0], language: "fr"), segment + 1, 0, bench.Patience);

        (await bench.ResultsAsync("anna", 6)).ShouldAllBe(result => ((Transcript)result).Language == "fr");
        await Task.WhenAll(english.IdleAsync(), other.IdleAsync());
        (english.Statistics.Done, other.Statistics.Done).ShouldBe((0, 6));
    }

    [Fact]
    public async Task A_language_that_a_multilingual_model_lacks_is_found_out_instead_of_failing()
    {
        MultilingualModel.Write(_folder.File("multilingual.bin"));
        await using var bench = await Bench.CreateAsync();
        var worker = await bench.StartWorkerAsync("w1", null, "--MODEL_SIZE", _folder.File("multilingual.bin"));
        await worker.ModelReady;
        worker.Capacity.Languages.ShouldNotContain("yue");
        await bench.Queue.EnqueueAsync(Utterances.Job("anna", 0, Utterances.All[0], language: "yue"), 1, 0, bench.Patience);

        var transcript = (await bench.ResultsAsync("anna", 1))[0].ShouldBeOfType<Transcript>();

        worker.Capacity.Languages.ShouldContain(transcript.Language);
    }
}
