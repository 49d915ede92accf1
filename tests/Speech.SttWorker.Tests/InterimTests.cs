using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Delivery;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.SttWorker.Tests;

public class InterimTests
{
    [Fact]
    public async Task An_idle_worker_transcribes_an_interim_and_publishes_it_as_a_partial()
    {
        await using var bench = await Bench.CreateAsync();
        var heard = await bench.ListenAsync("anna");
        await bench.StartWorkerAsync("w1", null, "--INTERIM_TIMEOUT_MS", "60000");
        var utterance = Utterances.All[0];

        await bench.Queue.EnqueueInterimAsync(Utterances.Job("anna", 3, utterance, AudioJobKind.Interim, revision: 5), bench.Patience);

        (await heard.ReadAsync(bench.Patience)).ShouldBe(new ResultEnvelope(0, new Partial(3, 5, utterance.Text)));
        (await bench.ResultsAsync("anna")).ShouldBeEmpty();
        await Eventually.TrueAsync(async () => await bench.Redis.StreamLengthAsync(RedisKeys.InterimJobs, bench.Patience) == 0);
    }

    [Fact]
    public async Task Of_several_revisions_only_the_latest_is_done_and_a_stale_one_not_at_all()
    {
        await using var bench = await Bench.CreateAsync();
        var heard = await bench.ListenAsync("anna");
        var utterance = Utterances.All[0];
        var stale = Utterances.Job("anna", 0, utterance, AudioJobKind.Interim);
        await bench.Redis.StreamAddAsync(
            RedisKeys.InterimJobs, [new(AudioJobFields.Job, stale.ToArray())], new StreamId(1_700_000_000_000, 0),
            cancellationToken: bench.Patience);
        var worker = await bench.StartWorkerAsync("w1", null, "--INTERIM_TIMEOUT_MS", "60000");
        await Eventually.TrueAsync(() => worker.Speech.InterimsLost == 1);

        // All in one transaction, so that the worker reads them together.
        RedisScript together = new(
            "for i = 1, #ARGV do redis.call('XADD', KEYS[1], '*', 'job', ARGV[i]) end return redis.status_reply('OK')");
        RedisValue[] revisions =
            [.. Enumerable.Range(0, 4)
                .Select(revision => (RedisValue)Utterances.Job("anna", 1, utterance, AudioJobKind.Interim, revision).ToArray())];
        await bench.Redis.EvalAsync(together, [RedisKeys.InterimJobs], revisions, bench.Patience);

        (await heard.ReadAsync(bench.Patience)).Result.ShouldBe(new Partial(1, 3, utterance.Text));
        await Eventually.TrueAsync(() => worker.Speech is { InterimsLost: 4, Interims: 1 });
    }

    [Fact]
    public async Task A_running_interim_gives_its_slot_to_a_final()
    {
        using var gate = new ManualResetEventSlim();
        GatedModel? model = null;
        await using var bench = await Bench.CreateAsync();
        var worker = await bench.StartWorkerAsync(
            "w1", inner => model = new GatedModel(inner, gate), "--MAX_BATCH_SIZE", "2", "--INTERIM_TIMEOUT_MS", "60000");
        await bench.Queue.EnqueueInterimAsync(Utterances.Job("ben", 0, Utterances.All[0], AudioJobKind.Interim), bench.Patience);
        await Eventually.TrueAsync(() => model?.Admitted == 1);
        await bench.EnqueueAsync("anna", Utterances.Some(2));
        await Eventually.TrueAsync(() => worker.Queue.HeldWaiting == 2);

        gate.Set();

        await bench.ShouldHaveHeardAsync("anna", Utterances.Some(2));
        worker.Speech.Interims.ShouldBe(0);
        worker.Speech.InterimsLost.ShouldBe(1);
    }

    [Fact]
    public async Task While_finals_fill_the_slots_interims_are_left_to_other_workers()
    {
        using var gate = new ManualResetEventSlim();
        await using var bench = await Bench.CreateAsync();
        var busy = await bench.StartWorkerAsync("busy", inner => new GatedModel(inner, gate), "--MAX_BATCH_SIZE", "2");
        await bench.EnqueueAsync("anna", Utterances.Some(2));
        await Eventually.TrueAsync(() => busy.Held.Count == 2);
        var heard = await bench.ListenAsync("ben");
        var idle = await bench.StartWorkerAsync("idle", null, "--INTERIM_TIMEOUT_MS", "60000");

        // The busy worker may still be waiting for one interim that it had asked for before; it never asks for a second.
        for (var revision = 0; idle.Speech.Interims == 0; revision++)
        {
            await bench.Queue.EnqueueInterimAsync(
                Utterances.Job("ben", 0, Utterances.All[0], AudioJobKind.Interim, revision), bench.Patience);
            await Eventually.TrueAsync(async () => await bench.Redis.StreamLengthAsync(RedisKeys.InterimJobs, bench.Patience) == 0);
            await Eventually.TrueAsync(() => idle.Speech.Interims > 0
                || busy.Speech.InterimsLost + busy.Speech.Interims + busy.Queue.Interims.Count > 0);
        }

        (await heard.ReadAsync(bench.Patience)).Result.ShouldBeOfType<Partial>().Text.ShouldBe(Utterances.All[0].Text);
        busy.Speech.Interims.ShouldBe(0);
        gate.Set();
        await bench.ShouldHaveHeardAsync("anna", Utterances.Some(2));
    }
}
