using System.Text;
using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Delivery.Jobs;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Delivery.Tests;

public class FinishTests(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    [Fact]
    public async Task A_result_is_published_kept_and_its_job_gone()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var entry = (await bench.EnqueueAndReadAsync(1))[0];
        (await bench.FinishAsync(entry, 0, "hello")).ShouldBeTrue();

        var expected = Bench.Transcript(0, "hello") with { Seq = 1 };
        (await bench.HearAsync(1)).ShouldBe([new ResultEnvelope(1, expected)]);
        (await bench.ReadHistoryAsync()).ShouldBe([new ResultEnvelope(1, expected)]);
        var kept = (await bench.Redis.StreamRangeAsync("history:anna")).ShouldHaveSingleItem();
        kept.Id.ToString().ShouldBe("1-0");
        kept.Values.Select(field => (string?)field.Name).ShouldBe(["result"]);
        (await bench.Queue.DepthAsync(bench.Patience)).ShouldBe(0);
        (await bench.Redis.StreamPendingAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers)).PendingMessageCount.ShouldBe(0);
        (await bench.Sessions.ReadAsync("anna", bench.Patience)).ShouldSay(segments: 1, committed: 0.5, seq: 1, released: 1);
    }

    [Fact]
    public async Task A_job_claimed_twice_is_published_once()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var entry = (await bench.EnqueueAndReadAsync(1))[0];
        var claim = await bench.Redis.RunAsync(
            database => database.StreamAutoClaimAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, "w2", 0, StreamId.Zero));
        claim.ClaimedEntries.ShouldHaveSingleItem().StreamId.ShouldBe(entry.Id);

        (await bench.FinishAsync(entry, 0, "by the second")).ShouldBeTrue();
        (await bench.FinishAsync(entry, 0, "by the first, late")).ShouldBeFalse();
        (await bench.HearAsync(1))[0].Result.ShouldBeOfType<Transcript>().Text.ShouldBe("by the second");
        await bench.HearNothingElseAsync();
        (await bench.ReadHistoryAsync()).Length.ShouldBe(1);
    }

    [Fact]
    public async Task Segments_finished_in_any_order_come_out_in_order_with_consecutive_seqs()
    {
        var random = new Random(5);
        for (var round = 0; round < 20; round++)
        {
            const int Count = 12;
            await using var bench = await Bench.CreateAsync(fixture.Server);
            var entries = await bench.EnqueueAndReadAsync(Count);
            // Every job is finished twice, in random order; half of the calls travel together.
            var order = Enumerable.Range(0, 2 * Count).Select(i => i % Count).ToArray();
            random.Shuffle(order);
            var calls = new List<Task<bool>>();
            foreach (var segment in order)
            {
                calls.Add(bench.FinishAsync(entries[segment], segment));
                if (random.Next(2) == 0)
                    await Task.WhenAll(calls);
            }
            (await Task.WhenAll(calls)).Count(first => first).ShouldBe(Count);

            var heard = await bench.HearAsync(Count);
            heard.Select(envelope => envelope.Seq).ShouldBe(Enumerable.Range(1, Count).Select(seq => (long)seq));
            heard.Select(envelope => envelope.Result.Segment).ShouldBe(Enumerable.Range(0, Count));
            (await bench.ReadHistoryAsync()).ShouldBe(heard);
            await bench.HearNothingElseAsync();
            (await bench.Redis.HashGetAllAsync("session:anna")).Select(field => (string?)field.Name)
                .ShouldBe(["released", "seq", "segments", "committed", "last"], ignoreOrder: true); // nothing is held any more
        }
    }

    [Fact]
    public async Task An_early_result_waits_with_its_translations()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var entries = await bench.EnqueueAndReadAsync(2);
        var job = Bench.TranslationJob(1, "fr");
        (await bench.FinishAsync(entries[1], 1, null, FollowingTranslation.Of(job), FollowingTranslation.Of(job with { Language = "es" })))
            .ShouldBeTrue();
        await bench.HearNothingElseAsync();
        (await bench.Redis.StreamLengthAsync(RedisKeys.TranslationJobs)).ShouldBe(0);
        (await bench.Queue.DepthAsync(bench.Patience)).ShouldBe(1);

        (await bench.FinishAsync(entries[0], 0)).ShouldBeTrue();
        (await bench.HearAsync(2)).Select(envelope => envelope.Result.Segment).ShouldBe([0, 1]);
        var translations = await bench.Redis.StreamRangeAsync(RedisKeys.TranslationJobs);
        translations.Select(entry => entry.GetString("language")).ShouldBe(["fr", "es"]);
        translations[0].GetString("client_id").ShouldBe("anna");
        translations[0].GetString("segment").ShouldBe("1");
        TranslationJob.Read(translations[0]["job"]).ShouldBe(job);
    }

    [Fact]
    public async Task A_job_given_up_goes_to_the_dead_stream_and_its_failure_takes_its_place_in_the_order()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var entries = await bench.EnqueueAndReadAsync(3);
        await bench.FinishAsync(entries[2], 2);
        var failure = new Failed(0, 1, "transcribe", "max_deliveries", "gave up after 3 attempts");
        (await bench.Completion.AbandonAsync(entries[1] with { Deliveries = 3 }, failure, bench.Patience)).ShouldBeTrue();
        (await bench.Completion.AbandonAsync(entries[1], failure, bench.Patience)).ShouldBeFalse();
        await bench.FinishAsync(entries[0], 0);

        (await bench.HearAsync(3)).Select(envelope => envelope.Result.Type).ShouldBe(["transcript", "failed", "transcript"]);
        var dead = (await bench.Redis.StreamRangeAsync("audio_jobs:dead")).ShouldHaveSingleItem();
        dead.GetString("reason").ShouldBe("gave up after 3 attempts");
        dead.GetString("cause").ShouldBe("max_deliveries");
        dead.GetString("deliveries").ShouldBe("3");
        dead.GetString("segment").ShouldBe("1");
        AudioJob.Read(dead["job"]).Segment.ShouldBe(1);
        (await bench.Queue.DepthAsync(bench.Patience)).ShouldBe(0);
    }

    [Fact]
    public async Task A_job_that_was_put_back_after_it_was_given_up_gives_a_late_result_once_and_disturbs_no_other()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var entries = await bench.EnqueueAndReadAsync(3);
        await bench.Completion.AbandonAsync(entries[0], new Failed(0, 0, "transcribe", "model_error", "no"), bench.Patience);
        await bench.FinishAsync(entries[1], 1);
        var again = await PutBackAsync();
        (await bench.FinishAsync(again, 0, "late")).ShouldBeTrue();
        (await bench.FinishAsync(again, 0, "late")).ShouldBeFalse();
        await bench.FinishAsync(entries[2], 2);

        (await bench.HearAsync(4)).Select(envelope => (envelope.Seq, envelope.Result.Segment, envelope.Result.Type)).ShouldBe(
            [(1, 0, "failed"), (2, 1, "transcript"), (3, 0, "transcript"), (4, 2, "transcript")]);
        (await bench.ReadHistoryAsync()).Select(envelope => envelope.Seq).ShouldBe([1L, 2L, 3L, 4L]);
        await bench.HearNothingElseAsync();

        async Task<JobEntry> PutBackAsync()
        {
            var dead = (await bench.Redis.StreamRangeAsync("audio_jobs:dead")).ShouldHaveSingleItem();
            await bench.Redis.StreamAddAsync(
                RedisKeys.AudioJobs, [new("client_id", "anna"), new("job", dead["job"]), new(DeadJobFields.Retried, 1)]);
            return (await bench.ReadAsync(1))[0] with { IsRetried = true };
        }
    }

    [Fact]
    public async Task A_job_that_was_put_back_before_its_failure_was_released_takes_its_place()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var entries = await bench.EnqueueAndReadAsync(2);
        await bench.Completion.AbandonAsync(entries[1], new Failed(0, 1, "transcribe", "model_error", "no"), bench.Patience);
        await bench.Redis.StreamAddAsync(RedisKeys.AudioJobs, [new("client_id", "anna")]);
        await bench.FinishAsync((await bench.ReadAsync(1))[0] with { IsRetried = true }, 1);
        await bench.FinishAsync(entries[0], 0);
        (await bench.HearAsync(2)).Select(envelope => (envelope.Seq, envelope.Result.Segment, envelope.Result.Type)).ShouldBe(
            [(1, 0, "transcript"), (2, 1, "transcript")]);
    }

    [Fact]
    public async Task An_entry_that_is_no_job_can_be_buried()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        await bench.Redis.StreamAddAsync(RedisKeys.AudioJobs, [new("what", "ever")]);
        var entry = (await bench.Redis.StreamReadGroupAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, "w1", 1))[0];
        var job = new JobEntry(JobStream.Audio, entry.StreamId, "") { Deliveries = 1 };
        (await bench.Completion.BuryAsync(job, "malformed_job", "not a job", bench.Patience)).ShouldBeTrue();
        (await bench.Completion.BuryAsync(job, "malformed_job", "not a job", bench.Patience)).ShouldBeFalse();
        var dead = (await bench.Redis.StreamRangeAsync("audio_jobs:dead")).ShouldHaveSingleItem();
        (dead.GetString("what"), dead.GetString("reason")).ShouldBe(("ever", "not a job"));
        (await bench.Redis.KeyExistsAsync("session:")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_job_that_no_gateway_queued_is_answered_at_once()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        await bench.Redis.StreamAddAsync(RedisKeys.AudioJobs, [new("client_id", "anna"), new("job", "by hand")]);
        await bench.FinishAsync((await bench.ReadAsync(1))[0], 7);
        (await bench.HearAsync(1))[0].Seq.ShouldBe(1);
    }

    [Fact]
    public async Task When_only_the_session_is_lost_seqs_go_on_after_the_history()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var entries = await bench.EnqueueAndReadAsync(3);
        await bench.FinishAsync(entries[0], 0);
        await bench.FinishAsync(entries[1], 1);
        await bench.Redis.KeyDeleteAsync("session:anna");
        await bench.FinishAsync(entries[2], 2);
        (await bench.HearAsync(3)).Select(envelope => envelope.Seq).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task A_partial_is_published_and_not_kept()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        await bench.Completion.PublishPartialAsync("anna", new Partial(0, 3, "so f"), bench.Patience);
        (await bench.HearAsync(1)).ShouldBe([new ResultEnvelope(0, new Partial(0, 3, "so f"))]);
        (await bench.Redis.KeyExistsAsync("history:anna")).ShouldBeFalse();
    }

    [Fact]
    public async Task The_history_after_a_seq_is_read_whole_whatever_its_length_and_without_what_is_no_result()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        for (var seq = 1; seq <= 700; seq++)
        {
            RedisValue result = seq == 650 ? "nonsense" : ResultEnvelope.WriteResult(Bench.Transcript(seq));
            await bench.Redis.StreamAddAsync("history:anna", [new("result", result)], new StreamId((ulong)seq, 0));
        }
        var read = await bench.ReadHistoryAsync(after: 100);
        read.Select(envelope => envelope.Seq).ShouldBe(Enumerable.Range(101, 600).Where(seq => seq != 650).Select(seq => (long)seq));
        read[0].Result.ShouldBe(Bench.Transcript(101) with { Seq = 101 });
        (await bench.ReadHistoryAsync(after: 700)).ShouldBeEmpty();
        (await bench.ReadHistoryAsync(clientId: "nobody")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_result_waits_for_a_Redis_that_is_away()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var entry = (await bench.EnqueueAndReadAsync(1))[0];
        await fixture.Server.StopAsync();
        var waiting = bench.FinishAsync(entry, 0);
        await fixture.Server.RestartAsync();
        (await waiting).ShouldBeTrue();
        (await bench.ReadHistoryAsync()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_full_Redis_still_lets_a_job_be_finished()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var entry = (await bench.EnqueueAndReadAsync(1))[0];
        await bench.Redis.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
        try
        {
            var next = bench.EnqueueAsync(1);
            (await bench.FinishAsync(entry, 0)).ShouldBeTrue();
            next.IsCompleted.ShouldBeFalse(); // it waits for room
            await bench.Redis.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
            (await next).ShouldBe(EnqueueResult.Added);
        }
        finally
        {
            await bench.Redis.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
        }
        (await bench.ReadHistoryAsync()).ShouldHaveSingleItem();
        (await bench.Redis.HashGetStringAsync("session:anna", "released")).ShouldBe("1");
    }
}
