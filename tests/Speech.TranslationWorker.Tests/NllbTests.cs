using Speech.Contracts.Server;
using Speech.Delivery.Jobs;
using Speech.Hosting;
using Speech.TranslationWorker.Engine;
using Speech.TranslationWorker.Jobs;
using Speech.TranslationWorker.Sentences;
using Speech.Workers.Jobs;

namespace Speech.TranslationWorker.Tests;

/// <summary>The real model behind the worker.</summary>
public class NllbTests
{
    private static readonly string[] Real = ["--TRANSLATION_MODEL", "nano-nllb"];

    [Fact]
    public async Task Jobs_of_several_languages_are_translated_side_by_side()
    {
        await using var bench = await Bench.CreateAsync();
        var worker = await bench.StartWorkerAsync("t1", null, Real);
        await bench.SayAsync("anna", ["Where is the station, please?", "it costs twenty one euros"], "fr", "es", "deu_Latn");
        await bench.AddAsync(Bench.Job("ben", 0, "Il fait froid à Berlin.", "de", source: "fr"));
        await bench.AddAsync(Bench.Job("ben", 1, "The same.", "eng_Latn"));

        var anna = (await bench.ResultsAsync("anna", 6)).Cast<Translation>()
            .ToDictionary(result => (result.Segment, result.Language), result => result.Text);
        anna[(0, "fr")].ShouldBe("Où est la gare, s'il vous plaît ?");
        anna[(1, "es")].ShouldBe("cuesta veintiún euros");
        var ben = (await bench.ResultsAsync("ben", 2)).Cast<Translation>().OrderBy(result => result.Segment).ToArray();
        ben.Select(result => result.Text).ShouldBe(["Es ist kalt in Berlin.", "The same."]);
        ben.ShouldAllBe(result => result.Model == null);

        await worker.IdleAsync();
        var (_, health) = await worker.HealthAsync();
        health["status"]!.GetValue<string>().ShouldBe("ok");
        health["model"]!["name"]!.GetValue<string>().ShouldBe("nano-nllb");
        health["model"]!["stub"]!.GetValue<bool>().ShouldBeFalse();
        health["jobs"]!["done"]!.GetValue<int>().ShouldBe(8);
    }

    [Fact]
    public async Task A_long_text_is_translated_sentence_by_sentence_and_keeps_no_short_one_waiting()
    {
        await using var bench = await Bench.CreateAsync();
        var sentence = "Where is the station, please?";
        await bench.AddAsync(Bench.Job("anna", 0, string.Join("  ", Enumerable.Repeat(sentence, 400)), "fr"));
        await bench.AddAsync(Bench.Job("anna", 1, sentence, "fr"));
        await bench.StartWorkerAsync("t1", null, [.. Real, "--TRANSLATION_MAX_BATCH_SIZE", "2"]); // finds both

        var results = (await bench.ResultsAsync("anna", 2)).Cast<Translation>().ToArray();

        results.Select(result => result.Segment).ShouldBe([1, 0]);
        var translated = results[0].Text;
        results[1].Text.ShouldBe(string.Join("  ", Enumerable.Repeat(translated, 400)));
    }

    [Fact]
    public async Task A_model_that_is_not_there_is_named_with_what_to_do()
    {
        await using var bench = await Bench.CreateAsync();

        var (code, errors) = await bench.RunToEndAsync("t1", "--TRANSLATION_MODEL", "enormous", "--MODEL_OFFLINE", "1");

        code.ShouldBe(SpeechHost.SettingsExitCode);
        errors.ShouldHaveSingleItem().ShouldContain("TRANSLATION_MODEL is 'enormous'");
    }

    [Fact]
    public void Chinese_sentences_get_spaces_between_them_in_a_language_that_has_spaces()
    {
        var job = new TextJob(Bench.Job("anna", 0, "你好。你好吗？", "en", source: "zh"), new JobDelivery(JobStream.Translations, default, 1));
        var text = new TextInProgress(job, SentenceSplitter.Split(job.Job.Text, piece => piece.Length, 100));
        for (var i = 0; text.HasMore; i++)
            text.Finish(text.Begin().Index, $"Sentence {i}.");
        text.IsDone.ShouldBeTrue();
        text.Join().ShouldBe("Sentence 0. Sentence 1.");
    }
}
