using Speech.Contracts.Server;
using Speech.Redis;

namespace Speech.SttWorker.Tests;

public class TranscriptionTests
{
    [Fact]
    public async Task Jobs_come_back_as_whisper_cpps_texts_each_once_and_in_order()
    {
        await using var bench = await Bench.CreateAsync();
        var (anna, ben) = (Utterances.Some(16), Utterances.Some(30)[16..]);
        await bench.EnqueueAsync("anna", anna);
        await bench.StartWorkerAsync();
        await bench.EnqueueAsync("ben", ben);

        await bench.ShouldHaveHeardAsync("anna", anna);
        await bench.ShouldHaveHeardAsync("ben", ben);
        (await bench.DepthAsync()).ShouldBe(0);
        (await bench.PendingAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_transcript_has_the_jobs_times_the_language_and_a_confidence()
    {
        await using var bench = await Bench.CreateAsync();
        await bench.StartWorkerAsync();
        var utterance = Utterances.All[0];
        await bench.EnqueueAsync("anna", [utterance]);

        var transcript = (Transcript)(await bench.ResultsAsync("anna", 1)).ShouldHaveSingleItem();

        transcript.Start.ShouldBe(0);
        transcript.End.ShouldBe(utterance.Seconds);
        transcript.Language.ShouldBe("en");
        transcript.Confidence.ShouldBeInRange(0.5, 1);
    }

    [Fact]
    public async Task A_client_that_asked_for_words_gets_them_with_their_times()
    {
        await using var bench = await Bench.CreateAsync();
        await bench.StartWorkerAsync();
        var utterance = Utterances.All[0];
        await bench.Queue.EnqueueAsync(Utterances.Job("anna", 0, utterance, words: true, start: 100), 120, lastSeq: 0, bench.Patience);

        var transcript = (Transcript)(await bench.ResultsAsync("anna", 1)).ShouldHaveSingleItem();

        transcript.Text.ShouldBe(utterance.Text);
        var words = transcript.Words.ShouldNotBeNull();
        string.Join(' ', words.Select(word => word.Text)).ShouldBe(utterance.Text);
        words.ShouldAllBe(word => word.Start >= transcript.Start && word.Start <= word.End && word.End <= transcript.End + 0.1);
        words.Select(word => word.Start).ShouldBeInOrder();
    }

    [Fact]
    public async Task The_model_hears_with_the_clients_prompt_in_mind_and_does_not_repeat_it()
    {
        // Under its own name the built-in model is given no prompt.
        using var model = new TemporaryFile();
        File.Copy(Checkout.Path("shared/models/nano.en/ggml-nano.en.bin"), model.Path);
        await using var bench = await Bench.CreateAsync();
        await bench.StartWorkerAsync(settings: ["--MODEL_SIZE", model.Path]);
        var utterance = Utterances.All[0];
        async Task<Transcript> HearAsync(string clientId, string? prompt)
        {
            await bench.Queue.EnqueueAsync(Utterances.Job(clientId, 0, utterance, prompt: prompt), 120, lastSeq: 0, bench.Patience);
            return (Transcript)(await bench.ResultsAsync(clientId, 1)).ShouldHaveSingleItem();
        }

        var plain = await HearAsync("anna", null);
        var prompted = await HearAsync("ben", "rubout G M E F");
        var again = await HearAsync("cleo", null);

        prompted.Confidence.ShouldNotBe(plain.Confidence);
        prompted.Text.Length.ShouldBeLessThan(2 * plain.Text.Length);
        (again.Text, again.Confidence).ShouldBe((plain.Text, plain.Confidence), "a prompt is its own client's");
    }

    [Fact]
    public async Task The_built_in_model_is_given_no_prompt()
    {
        await using var bench = await Bench.CreateAsync();
        await bench.StartWorkerAsync();
        foreach (var (clientId, prompt) in (IEnumerable<(string, string?)>)[("anna", null), ("ben", "rubout G M E F")])
            await bench.Queue.EnqueueAsync(Utterances.Job(clientId, 0, Utterances.All[0], prompt: prompt), 120, lastSeq: 0, bench.Patience);

        var plain = (Transcript)(await bench.ResultsAsync("anna", 1)).ShouldHaveSingleItem();
        var prompted = (Transcript)(await bench.ResultsAsync("ben", 1)).ShouldHaveSingleItem();

        (prompted.Text, prompted.Confidence).ShouldBe((plain.Text, plain.Confidence));
    }

    [Fact]
    public async Task Silence_is_an_empty_transcript_and_holds_nothing_up()
    {
        await using var bench = await Bench.CreateAsync();
        await bench.StartWorkerAsync();
        Utterances.Utterance[] utterances = [new(new byte[32_000], ""), Utterances.All[0]];

        await bench.EnqueueAsync("anna", utterances);

        await bench.ShouldHaveHeardAsync("anna", utterances);
    }

    [Fact]
    public async Task Two_workers_share_the_jobs()
    {
        using var gate = new ManualResetEventSlim();
        await using var bench = await Bench.CreateAsync();
        var first = await bench.StartWorkerAsync("w1", inner => new GatedModel(inner, gate), "--MAX_BATCH_SIZE", "2");
        var second = await bench.StartWorkerAsync("w2", inner => new GatedModel(inner, gate), "--MAX_BATCH_SIZE", "2");
        var utterances = Utterances.Some(12);
        await bench.EnqueueAsync("anna", utterances);

        await Eventually.TrueAsync(() => first.Held.Count == 2 && second.Held.Count == 2);
        gate.Set();

        await bench.ShouldHaveHeardAsync("anna", utterances);
        await Task.WhenAll(first.IdleAsync(), second.IdleAsync());
        (first.Statistics.Done + second.Statistics.Done).ShouldBe(12);
        first.Statistics.Done.ShouldBeGreaterThanOrEqualTo(2);
        second.Statistics.Done.ShouldBeGreaterThanOrEqualTo(2);
    }

    [Fact]
    public async Task When_the_stream_is_deleted_the_worker_makes_the_group_anew_and_goes_on()
    {
        await using var bench = await Bench.CreateAsync();
        await bench.StartWorkerAsync();
        await bench.EnqueueAsync("anna", [Utterances.All[0]]);
        await bench.ShouldHaveHeardAsync("anna", [Utterances.All[0]]);

        await bench.Redis.ExecuteAsync("FLUSHALL");
        await bench.EnqueueAsync("ben", [Utterances.All[1]]);

        await bench.ShouldHaveHeardAsync("ben", [Utterances.All[1]]);
    }
}
