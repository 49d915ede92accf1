using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery;
using Speech.Redis;

namespace Speech.SttWorker.Tests;

/// <summary>Which translations follow a transcript, and who makes them.</summary>
public sealed class TranslationTests : IDisposable
{
    private readonly string _model = Path.Combine(Path.GetTempPath(), $"speech-{Guid.NewGuid():N}.bin");

    public void Dispose() => File.Delete(_model);

    [Fact]
    public async Task A_job_is_queued_for_each_other_language_and_the_transcript_says_so()
    {
        await using var bench = await Bench.CreateAsync();
        await bench.StartWorkerAsync();
        var utterance = Utterances.All[0];
        await bench.Queue.EnqueueAsync(
            Utterances.Job("anna", 0, utterance, translate: ["fr", "en", "spa_Latn", "eng_Latn"]), 1, 0, bench.Patience);

        var transcript = (Transcript)(await bench.ResultsAsync("anna", 1)).ShouldHaveSingleItem();

        transcript.Translations.ShouldBe(["fr", "spa_Latn"]);
        var entries = await bench.Redis.StreamRangeAsync(RedisKeys.TranslationJobs, cancellationToken: bench.Patience);
        entries.Select(entry => entry.GetString("language")).ShouldBe(["fr", "spa_Latn"]);
        var job = TranslationJob.Read(entries[0]["job"]);
        (job.ClientId, job.Segment, job.Text, job.SourceLanguage, job.Language).ShouldBe(("anna", 0, utterance.Text, "en", "fr"));
    }

    [Fact]
    public async Task Nothing_is_queued_for_silence()
    {
        await using var bench = await Bench.CreateAsync();
        await bench.StartWorkerAsync();
        await bench.Queue.EnqueueAsync(Utterances.Job("anna", 0, new(new byte[32_000], ""), translate: ["fr"]), 1, 0, bench.Patience);

        ((Transcript)(await bench.ResultsAsync("anna", 1)).ShouldHaveSingleItem()).Translations.ShouldBeNull();
        (await bench.Redis.KeyExistsAsync(RedisKeys.TranslationJobs, bench.Patience)).ShouldBeFalse();
    }

    [Fact]
    public async Task Via_whisper_the_model_itself_makes_the_English_and_no_other_language()
    {
        MultilingualModel.Write(_model);
        await using var bench = await Bench.CreateAsync();
        await bench.StartWorkerAsync("w1", null, "--MODEL_SIZE", _model, "--TRANSLATE_VIA", "whisper");
        var utterance = Utterances.All[0];
        await bench.Queue.EnqueueAsync(
            Utterances.Job("anna", 0, utterance, language: "fr", translate: ["de", "eng_Latn"]), 1, 0, bench.Patience);

        var results = await bench.ResultsAsync("anna", 2);

        var transcript = results[0].ShouldBeOfType<Transcript>();
        transcript.Language.ShouldBe("fr");
        transcript.Text.ShouldNotBeEmpty("else this test tests nothing: take another recording");
        transcript.Translations.ShouldBe(["de", "eng_Latn"]);
        var translation = results[1].ShouldBeOfType<Translation>();
        (translation.Segment, translation.Language, translation.Model).ShouldBe((0, "eng_Latn", null));
        (await bench.Redis.StreamRangeAsync(RedisKeys.TranslationJobs, cancellationToken: bench.Patience)).ShouldHaveSingleItem()
            .GetString("language").ShouldBe("de");
    }

    [Fact]
    public async Task A_language_that_NLLB_does_not_know_fails_in_its_place()
    {
        MultilingualModel.Write(_model);
        await using var bench = await Bench.CreateAsync();
        await bench.StartWorkerAsync("w1", null, "--MODEL_SIZE", _model);
        await bench.Queue.EnqueueAsync(
            Utterances.Job("anna", 0, Utterances.All[0], language: "la", translate: ["fr"]), 1, 0, bench.Patience);

        var results = await bench.ResultsAsync("anna", 2);

        ((Transcript)results[0]).Translations.ShouldBe(["fr"]);
        var failed = results[1].ShouldBeOfType<Failed>();
        (failed.Stage, failed.Code, failed.Language).ShouldBe(("translate", "unsupported_language", "fr"));
    }

    [Fact]
    public async Task Via_whisper_with_an_English_model_changes_nothing()
    {
        await using var bench = await Bench.CreateAsync();
        await bench.StartWorkerAsync("w1", null, "--TRANSLATE_VIA", "whisper");
        await bench.Queue.EnqueueAsync(Utterances.Job("anna", 0, Utterances.All[0], translate: ["en", "fr"]), 1, 0, bench.Patience);

        ((Transcript)(await bench.ResultsAsync("anna", 1)).ShouldHaveSingleItem()).Translations.ShouldBe(["fr"]);
    }
}
