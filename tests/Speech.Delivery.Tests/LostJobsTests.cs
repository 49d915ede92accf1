using Speech.Contracts.Server;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Delivery.Tests;

/// <summary>Streams that lose jobs while the session of their client is intact: lost.lua, and what finish.lua does then.</summary>
public class LostJobsTests(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    private static readonly Failed[] Segments =
        [.. Enumerable.Range(0, 4).Select(segment => new Failed(0, segment, Failed.Transcribing, "lost", ""))];

    [Fact]
    public async Task Failures_take_the_places_of_jobs_whose_stream_was_deleted()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var entries = await bench.EnqueueAndReadAsync(3);
        await bench.FinishAsync(entries[1], 1);
        await bench.Redis.KeyDeleteAsync(RedisKeys.AudioJobs);
        // A stream made anew gives ids by the clock: within the millisecond of the old ones it would give one of theirs again.
        await Eventually.TrueAsync(async () => await ClockAsync(bench) > entries[^1].Id.Milliseconds);
        await bench.EnqueueAsync(3);

        (await bench.Losses.FailAsync("anna", Segments, bench.Patience)).ShouldBe(2);
        (await bench.Losses.FailAsync("anna", Segments, bench.Patience)).ShouldBe(0);
        (await bench.HearAsync(3)).Select(envelope => (envelope.Seq, envelope.Result.Segment, envelope.Result.Type)).ShouldBe(
            [(1, 0, "failed"), (2, 1, "transcript"), (3, 2, "failed")]);
        (await bench.FinishAsync(entries[2], 2)).ShouldBeFalse();
        await bench.HearNothingElseAsync();
        (await bench.Redis.StreamLengthAsync(RedisKeys.AudioJobs)).ShouldBe(1);
    }

    [Fact]
    public async Task What_waits_or_is_being_worked_on_or_is_done_is_not_lost()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var entries = await bench.EnqueueAndReadAsync(3);
        await bench.EnqueueAsync(3);
        await bench.FinishAsync(entries[0], 0);
        await bench.FinishAsync(entries[2], 2);
        (await bench.Losses.FailAsync("anna", Segments, bench.Patience)).ShouldBe(0);
        (await bench.Losses.FailAsync("nobody", Segments, bench.Patience)).ShouldBe(0);
        (await bench.HearAsync(1))[0].Result.Type.ShouldBe("transcript");
        await bench.HearNothingElseAsync();
    }

    [Theory]
    [InlineData("DEL audio_jobs")]
    [InlineData("XTRIM audio_jobs MAXLEN 0")]
    [InlineData("XGROUP DESTROY audio_jobs stt_workers")]
    public async Task A_worker_that_has_a_lost_job_at_hand_still_gives_its_result_once(string command)
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var entry = (await bench.EnqueueAndReadAsync(1))[0];
        await bench.Redis.ExecuteAsync(command.Split(' ')[0], [.. command.Split(' ')[1..]]);
        (await bench.FinishAsync(entry, 0)).ShouldBeTrue();
        (await bench.FinishAsync(entry, 0)).ShouldBeFalse();
        (await bench.Losses.FailAsync("anna", Segments, bench.Patience)).ShouldBe(0);

        await bench.Redis.EnsureGroupAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, bench.Patience);
        await bench.ReadAsync(0);
        (await bench.HearAsync(1))[0].Result.ShouldBeOfType<Transcript>();
        await bench.HearNothingElseAsync();
    }

    [Fact]
    public async Task A_job_of_which_a_group_made_anew_has_another_copy_gives_one_result()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var first = (await bench.EnqueueAndReadAsync(1))[0];
        await bench.Redis.ExecuteAsync("XGROUP", "DESTROY", RedisKeys.AudioJobs, RedisKeys.SttWorkers);
        await bench.Redis.EnsureGroupAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, bench.Patience);
        var second = (await bench.ReadAsync(1))[0];
        second.Id.ShouldBe(first.Id);
        (await bench.FinishAsync(first, 0)).ShouldBeTrue();
        (await bench.FinishAsync(second, 0)).ShouldBeFalse();
        (await bench.HearAsync(1)).ShouldHaveSingleItem();
        await bench.HearNothingElseAsync();
    }

    [Fact]
    public async Task Failures_take_the_places_of_translations_whose_stream_was_deleted()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var jobs = await bench.TranslateAsync(2, "fr", "es");
        await bench.FinishTranslationAsync(jobs[0]);
        await bench.FinishTranslationAsync(jobs[3]); // held back for es 0
        await bench.Redis.KeyDeleteAsync(RedisKeys.TranslationJobs);

        Failed[] awaited =
        [
            .. from segment in (int[])[0, 1]
               from language in (string[])["es", "fr"]
               select new Failed(0, segment, Failed.Translating, "lost", "", language),
        ];
        (await bench.Losses.FailAsync("anna", awaited, bench.Patience)).ShouldBe(2);
        (await bench.HearAsync(4)).Select(envelope => (envelope.Result.Segment, envelope.Result.Type)).ShouldBe(
            [(0, "translation"), (0, "failed"), (1, "translation"), (1, "failed")]);
        await bench.HearNothingElseAsync();
        (await bench.Sessions.ReadAsync("anna", bench.Patience)).Translating.ShouldBeEmpty();
    }

    /// <summary>Milliseconds since 1970, by Redis.</summary>
    private static async Task<ulong> ClockAsync(Bench bench)
    {
        var time = await bench.Redis.ExecuteAsync("TIME");
        return (ulong)time[0] * 1000 + (ulong)time[1] / 1000;
    }
}
