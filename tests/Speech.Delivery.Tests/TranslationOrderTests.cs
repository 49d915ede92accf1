using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Delivery.Jobs;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Delivery.Tests;

/// <summary>finish.lua's promises for translations.</summary>
public class TranslationOrderTests(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    [Fact]
    public async Task Translations_finished_in_any_order_come_out_once_each_and_in_segment_order_in_their_language()
    {
        var random = new Random(7);
        for (var round = 0; round < 10; round++)
        {
            const int Count = 8;
            string[] languages = ["fr", "es", "deu_Latn"];
            await using var bench = await Bench.CreateAsync(fixture.Server);
            var jobs = await bench.TranslateAsync(Count, languages);
            // Every job is finished twice, in random order; half of the calls travel together.
            StreamEntry[] order = [.. jobs, .. jobs];
            random.Shuffle(order);
            var calls = new List<Task<bool>>();
            foreach (var job in order)
            {
                calls.Add(bench.FinishTranslationAsync(job));
                if (random.Next(2) == 0)
                    await Task.WhenAll(calls);
            }
            (await Task.WhenAll(calls)).Count(first => first).ShouldBe(jobs.Length);

            var heard = await bench.HearAsync(jobs.Length);
            heard.Select(envelope => envelope.Seq).ShouldBe(Enumerable.Range(Count + 1, jobs.Length).Select(seq => (long)seq));
            foreach (var language in languages)
            {
                var its = heard.Select(envelope => (Translation)envelope.Result).Where(translation => translation.Language == language);
                its.Select(translation => translation.Text).ShouldBe(Enumerable.Range(0, Count).Select(segment => $"{language} {segment}"));
            }
            await bench.HearNothingElseAsync();
            (await bench.ReadHistoryAsync(after: Count)).ShouldBe(heard);
            (await bench.Redis.StreamLengthAsync(RedisKeys.TranslationJobs)).ShouldBe(0);
            (await bench.Sessions.ReadAsync("anna", bench.Patience)).Translating.ShouldBeEmpty();
            (await bench.Redis.HashGetAllAsync("session:anna")).Select(field => (string)field.Name!)
                .ShouldNotContain(name => name.StartsWith("held:"));
        }
    }

    [Fact]
    public async Task A_session_says_what_it_owes_until_that_has_gone_out()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var jobs = await bench.TranslateAsync(2, "fr", "zho_Hans");

        await bench.FinishTranslationAsync(jobs[0]);
        await bench.FinishTranslationAsync(jobs[3]); // early

        (await bench.Sessions.ReadAsync("anna", bench.Patience)).Translating
            .ShouldBe([(0, "zho_Hans"), (1, "fr"), (1, "zho_Hans")], ignoreOrder: true);
    }

    [Fact]
    public async Task A_translation_given_up_is_followed_by_those_that_waited_for_it()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var jobs = await bench.TranslateAsync(3, "fr");
        await bench.FinishTranslationAsync(jobs[1]);
        await bench.FinishTranslationAsync(jobs[2]);
        await bench.HearNothingElseAsync();

        var failure = new Failed(0, 0, Failed.Translating, "max_deliveries", "gave up after 3 attempts", "fr");
        (await bench.Completion.AbandonAsync(new JobEntry(JobStream.Translations, jobs[0].StreamId, "anna"), failure, bench.Patience))
            .ShouldBeTrue();

        (await bench.HearAsync(3)).Select(envelope => (envelope.Result.Type, envelope.Result.Segment)).ShouldBe(
            [("failed", 0), ("translation", 1), ("translation", 2)]);
        (await bench.Redis.StreamRangeAsync(RedisKeys.Dead(RedisKeys.TranslationJobs))).ShouldHaveSingleItem()
            .GetString("reason").ShouldBe("gave up after 3 attempts");
    }

    [Fact]
    public async Task A_session_that_has_expired_holds_up_nothing()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var jobs = await bench.TranslateAsync(4, "fr");
        await bench.FinishTranslationAsync(jobs[1]); // early, and lost with the session

        await bench.Redis.KeyDeleteAsync("session:anna");
        foreach (var job in (StreamEntry[])[jobs[3], jobs[2]])
            (await bench.FinishTranslationAsync(job)).ShouldBeTrue();
        // A new life of the same client, whose own numbers begin again.
        await bench.EnqueueAsync(0);
        var entry = (await bench.ReadAsync(1))[0];
        await bench.FinishAsync(entry, 0, null, FollowingTranslation.Of(Bench.TranslationJob(0, "fr")));
        (await bench.FinishTranslationAsync(jobs[0])).ShouldBeTrue();

        (await bench.HearAsync(4)).Select(envelope => (envelope.Seq, envelope.Result.Type, envelope.Result.Segment)).ShouldBe(
            [(5, "translation", 3), (6, "translation", 2), (7, "transcript", 0), (8, "translation", 0)]);
    }

    [Fact]
    public async Task A_job_that_someone_else_queued_is_answered_at_once()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        await bench.TranslateAsync(1, "fr");
        await bench.Redis.StreamAddAsync(
            RedisKeys.TranslationJobs, [new("client_id", "anna"), new("segment", 5), new("language", "fr"), new("job", "by hand")]);
        var job = (await bench.Redis.StreamReadGroupAsync(RedisKeys.TranslationJobs, RedisKeys.TranslationWorkers, "t1", 1))[0];

        await bench.FinishTranslationAsync(job);

        (await bench.HearAsync(1))[0].Result.Segment.ShouldBe(5);
    }

    [Fact]
    public async Task What_is_known_at_once_keeps_its_place_among_what_is_not()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        await bench.Redis.EnsureGroupAsync(RedisKeys.TranslationJobs, RedisKeys.TranslationWorkers);
        var entries = await bench.EnqueueAndReadAsync(3);
        await bench.FinishAsync(entries[0], 0, null, Known(0));
        await bench.FinishAsync(entries[1], 1, null, FollowingTranslation.Of(Bench.TranslationJob(1, "en")));
        await bench.FinishAsync(entries[2], 2, null, Known(2));
        (await bench.HearAsync(4)).Select(envelope => (envelope.Result.Type, envelope.Result.Segment)).ShouldBe(
            [("transcript", 0), ("translation", 0), ("transcript", 1), ("transcript", 2)]);

        await bench.FinishTranslationAsync(
            (await bench.Redis.StreamReadGroupAsync(RedisKeys.TranslationJobs, RedisKeys.TranslationWorkers, "t1", 2))
                .ShouldHaveSingleItem());

        (await bench.HearAsync(2)).Select(envelope => (envelope.Result.Type, envelope.Result.Segment))
            .ShouldBe([("translation", 1), ("translation", 2)]);

        static FollowingTranslation Known(int segment) => new("en", Job: null, new Translation(0, segment, "en", "by Whisper"));
    }

    [Fact]
    public async Task When_too_much_waits_to_be_translated_the_client_is_told_instead()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server, options: new JobOptions { MaxTranslationJobs = 2 });
        var entries = await bench.EnqueueAndReadAsync(3);
        for (var segment = 0; segment < 3; segment++)
            await bench.FinishAsync(
                entries[segment], segment, null, FollowingTranslation.Of(Bench.TranslationJob(segment, segment == 2 ? "es" : "fr")));

        var failed = (await bench.HearAsync(4))[3].Result.ShouldBeOfType<Failed>();

        (failed.Segment, failed.Stage, failed.Code, failed.Language).ShouldBe((2, "translate", "translation_overloaded", "es"));
        (await bench.Redis.StreamLengthAsync(RedisKeys.TranslationJobs)).ShouldBe(2);
    }
}
