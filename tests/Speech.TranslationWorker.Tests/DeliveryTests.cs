using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Delivery;
using Speech.Redis;
using Speech.TranslationWorker.Jobs;

namespace Speech.TranslationWorker.Tests;

/// <summary>Every translation once and in order, whatever happens to the workers.</summary>
public class DeliveryTests
{
    private static readonly string[] Texts = [.. Enumerable.Range(0, 40).Select(segment => $"this is number {segment}")];

    [Fact]
    public async Task Every_transcript_is_translated_into_every_language_once_and_in_order()
    {
        await using var bench = await Bench.CreateAsync();
        await bench.SayAsync("anna", Texts, "fr", "spa_Latn");
        await bench.StartWorkerAsync("t1");
        await bench.StartWorkerAsync("t2");
        await bench.SayAsync("ben", Texts, "de");

        await bench.ShouldHaveReadAsync("anna", Texts, "fr", "spa_Latn");
        await bench.ShouldHaveReadAsync("ben", Texts, "de");
        await bench.ShouldBeIdleAsync();
        (await bench.ResultsAsync("ben", 1)).ShouldAllBe(result => ((Translation)result).Model == "stub");
    }

    [Fact]
    public async Task The_text_of_a_slow_worker_does_not_overtake_and_is_not_overtaken()
    {
        using var gate = new ManualResetEventSlim();
        await using var bench = await Bench.CreateAsync();
        var slow = await bench.StartWorkerAsync("slow", inner => new GatedModel(inner, gate), "--TRANSLATION_MAX_BATCH_SIZE", "1");
        await bench.SayAsync("anna", Texts[..1], "fr");
        await Eventually.TrueAsync(() => slow.Held.Count == 1);
        var quick = await bench.StartWorkerAsync("quick");
        await bench.SayMoreAsync("anna", Texts[1..5], firstSegment: 1, "fr", "es");

        await bench.ResultsAsync("anna", 4); // the Spanish ones
        gate.Set();

        var results = await bench.ResultsAsync("anna", 9);
        results.Cast<Translation>().Where(translation => translation.Language == "fr").Select(translation => translation.Segment)
            .ShouldBe([0, 1, 2, 3, 4]);
        results.Take(4).Cast<Translation>().ShouldAllBe(translation => translation.Language == "es");
        await Task.WhenAll(slow.IdleAsync(), quick.IdleAsync());
        slow.Statistics.Done.ShouldBe(1);
    }

    [Fact]
    public async Task A_worker_that_is_killed_loses_and_doubles_nothing()
    {
        await using var bench = await Bench.CreateAsync();
        var process = await bench.StartProcessAsync("killed", "--TRANSLATION_MAX_BATCH_SIZE", "2");
        await bench.SayAsync("anna", Texts, "fr");
        await bench.ResultsAsync("anna", 1);

        process.Kill();
        await process.ExitedAsync(bench.Patience);
        await bench.SayAsync("ben", Texts, "fr");
        await bench.StartWorkerAsync("next");

        await bench.ShouldHaveReadAsync("anna", Texts, "fr");
        await bench.ShouldHaveReadAsync("ben", Texts, "fr");
        await bench.ShouldBeIdleAsync();
    }

    [Fact]
    public async Task Jobs_of_a_consumer_that_vanished_are_taken_over_long_before_the_job_timeout()
    {
        await using var bench = await Bench.CreateAsync();
        await bench.SayAsync("anna", Texts[..6], "fr");
        (await bench.TakeAndVanishAsync(4)).Length.ShouldBe(4);

        var worker = await bench.StartWorkerAsync("t1", null, "--JOB_TIMEOUT_MS", "3600000");

        await bench.ShouldHaveReadAsync("anna", Texts[..6], "fr");
        worker.Statistics.Claimed.ShouldBe(4);
    }

    [Fact]
    public async Task What_a_stopping_worker_cannot_finish_is_given_back_at_once()
    {
        using var gate = new ManualResetEventSlim();
        await using var bench = await Bench.CreateAsync();
        var stuck = await bench.StartWorkerAsync(
            "stuck", inner => new GatedModel(inner, gate), "--DRAIN_TIMEOUT_SECONDS", "2", "--JOB_TIMEOUT_MS", "3600000",
            "--TRANSLATION_MAX_BATCH_SIZE", "2");
        await bench.SayAsync("anna", Texts[..5], "fr");
        await Eventually.TrueAsync(() => stuck.Held.Count == 2);

        await stuck.StopAsync();
        var pending = await bench.PendingAsync();
        gate.Set();

        pending.Length.ShouldBe(2);
        pending.ShouldAllBe(entry => entry.DeliveryCount == 0 && entry.IdleTimeInMilliseconds >= TimeSpan.FromHours(1).TotalMilliseconds);
        await bench.StartWorkerAsync("next", null, "--JOB_TIMEOUT_MS", "3600000");
        await bench.ShouldHaveReadAsync("anna", Texts[..5], "fr");
    }

    [Fact]
    public async Task A_text_that_the_model_fails_on_is_tried_again_and_given_up_and_the_next_takes_its_turn()
    {
        await using var bench = await Bench.CreateAsync();
        var worker = await bench.StartWorkerAsync("t1", inner => new FailingModel(inner, Texts[1]), "--MAX_DELIVERIES", "2");

        await bench.SayAsync("anna", Texts[..4], "fr");

        var results = await bench.ResultsAsync("anna", 4);
        results.Select(result => (result.Type, result.Segment))
            .ShouldBe([("translation", 0), ("failed", 1), ("translation", 2), ("translation", 3)]);
        var failed = results[1].ShouldBeOfType<Failed>();
        (failed.Stage, failed.Code, failed.Language).ShouldBe(("translate", "model_error", "fr"));
        failed.Message.ShouldContain("cannot stand this text");
        var dead = (await bench.Redis.StreamRangeAsync(RedisKeys.Dead(RedisKeys.TranslationJobs), cancellationToken: bench.Patience))
            .ShouldHaveSingleItem();
        TranslationJob.Read(dead["job"]).Text.ShouldBe(Texts[1]);
        await bench.ShouldBeIdleAsync();
        worker.Statistics.Retried.ShouldBe(1);
    }

    [Fact]
    public async Task A_job_that_was_given_out_too_often_or_cannot_be_read_is_given_up_and_its_client_told()
    {
        await using var bench = await Bench.CreateAsync();
        await bench.SayAsync("anna", Texts[..2], "fr");
        var taken = (await bench.TakeAndVanishAsync(1)).Single().StreamId;
        await bench.Redis.StreamClaimAsync(
            RedisKeys.TranslationJobs, RedisKeys.TranslationWorkers, "ghost", TimeSpan.Zero, [taken], bench.Patience);
        await bench.Redis.StreamAddAsync(
            RedisKeys.TranslationJobs, [new("client_id", "ben"), new("segment", 7), new("language", "fr"), new("job", new byte[] { 0xC1 })],
            cancellationToken: bench.Patience);
        await bench.Redis.StreamAddAsync(RedisKeys.TranslationJobs, [new("hello", "world")], cancellationToken: bench.Patience);

        await bench.StartWorkerAsync("t1", null, "--MAX_DELIVERIES", "2");

        var results = await bench.ResultsAsync("anna", 2);
        results[0].ShouldBeOfType<Failed>().Code.ShouldBe("max_deliveries");
        results[1].ShouldBeOfType<Translation>().Segment.ShouldBe(1);
        var malformed = (await bench.ResultsAsync("ben", 1)).ShouldHaveSingleItem().ShouldBeOfType<Failed>();
        (malformed.Segment, malformed.Code, malformed.Language).ShouldBe((7, "malformed_job", "fr"));
        await bench.ShouldBeIdleAsync();
        (await bench.Redis.StreamLengthAsync(RedisKeys.Dead(RedisKeys.TranslationJobs), bench.Patience)).ShouldBe(3);
    }

    [Fact]
    public async Task Redis_is_killed_and_restarted_in_mid_flight_and_every_translation_comes_once()
    {
        await using var bench = await Bench.CreateAsync();
        await bench.StartWorkerAsync("t1", null, "--TRANSLATION_MAX_BATCH_SIZE", "1");
        await bench.SayAsync("anna", Texts, "fr", "es");
        await bench.ResultsAsync("anna", 1);

        await bench.Server.RestartAsync();

        await bench.ShouldHaveReadAsync("anna", Texts, "fr", "es");
        await bench.ShouldBeIdleAsync();
    }

    [Fact]
    public async Task Nothing_to_translate_gives_nothing()
    {
        await using var bench = await Bench.CreateAsync();
        await bench.StartWorkerAsync();

        await bench.AddAsync(Bench.Job("anna", 0, "", "fr"));

        (await bench.ResultsAsync("anna", 1)).ShouldHaveSingleItem().ShouldBeOfType<Translation>().Text.ShouldBe("");
    }
}
