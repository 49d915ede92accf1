using System.Text.Json;
using Speech.Client;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.EndToEnd.Tests.Support;
using Speech.Lab.Speakers;

namespace Speech.EndToEnd.Tests;

/// <summary>From speech to text in other languages, through real processes.</summary>
public sealed class TranslationTests
{
    /// <summary>Of at least 64 jobs.</summary>
    private const int Backlog = 40;

    private static readonly string[] Languages = ["fr", "spa_Latn"];

    private readonly IReadOnlyList<SpeakerScript> _scripts = Hearing.Speakers(4, utterances: 8);

    [Fact]
    public async Task Every_transcript_is_translated_by_the_model_once_and_in_order()
    {
        await using var fleet = await TestFleet.StartAsync("translation", translationWorkers: 1);
        var talks = await TalkAsync(fleet);

        await Hearing.ShouldTellAsync(_scripts, [.. talks.Select(talk => Renumbered(talk.Transcripts))]);
        foreach (var talk in talks)
            ShouldBeTranslated(talk);
        // Spelled letters and numbers are what this model knows.
        talks.SelectMany(talk => talk.Translations).ShouldAllBe(translation => translation.Model == null);
        await fleet.ShouldBeIdleAsync();

        using var http = new HttpClient { BaseAddress = new Uri($"http://{fleet.Report.GatewayUrl(0).Authority}") };
        var status = JsonDocument.Parse(await http.GetStringAsync("/api/status")).RootElement;
        status.GetProperty("queue").GetProperty("translation_jobs").GetInt32().ShouldBe(0);
        var worker = status.GetProperty("workers").EnumerateArray()
            .Single(worker => worker.GetProperty("role").GetString() == "translation");
        worker.GetProperty("id").GetString().ShouldBe("translation-1");
        worker.GetProperty("model").GetString().ShouldBe("nano-nllb");
        await CloseAsync(talks);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task No_translation_is_lost_or_doubled_when_a_worker_is_killed_at_work(int workers)
    {
        // Slow enough to be caught at work.
        await using var fleet = await TestFleet.StartAsync(
            $"translator-killed-{workers}", translationWorkers: workers, settings: "TRANSLATION_BEAM_SIZE=4");
        var worker = fleet.PidOf("translation-1");
        var talking = TalkAsync(fleet);
        using (await fleet.FreezeAtWorkAsync("translation-1", Backlog))
            Signal.Send(worker, Signal.Kill);

        var talks = await talking;
        foreach (var talk in talks)
            ShouldBeTranslated(talk);
        await fleet.RestartedAsync("translation-1", worker);
        await fleet.ShouldBeIdleAsync();
        await CloseAsync(talks);
    }

    [Fact]
    public async Task A_client_that_comes_back_after_its_gateway_was_killed_gets_the_translations_it_missed()
    {
        await using var fleet = await TestFleet.StartAsync(
            "translation-resumed", gateways: 2, translationWorkers: 1, settings: "USE_STUB_TRANSLATION=true");
        var script = _scripts[0];
        FinalResult[] results;
        string clientId;
        using (fleet.Freeze("translation-1"))
        {
            await using var first = await Talk.BeginAsync(
                fleet.Report.GatewayUrl(0), script, pauseAt: script.Seconds / 2, translate: Languages);
            clientId = first.ClientId;
            await Until.TrueAsync(() => first.Transcripts.Count > 1, "two transcripts");
            Signal.Send(fleet.PidOf("gateway-1"), Signal.Kill);
            await Should.ThrowAsync<SpeechClientException>(() => first.Completed);
            results = [.. first.Messages.OfType<FinalResult>()];
            results.ShouldAllBe(result => result is Transcript);
        }
        await using var second = await Talk.BeginAsync(
            fleet.Report.GatewayUrl(1), script, clientId, resumeFrom: results[^1].Seq, translate: Languages);
        await second.Completed;

        results = [.. results, .. second.Messages.OfType<FinalResult>()];
        results.Select(result => result.Seq).ShouldBe(Enumerable.Range(1, results.Length).Select(seq => (long)seq));
        ShouldBeTranslated([.. results.OfType<Transcript>()], [.. results.OfType<Translation>()]);
        foreach (var translation in results.OfType<Translation>())
        {
            var transcript = results.OfType<Transcript>().Single(transcript => transcript.Segment == translation.Segment);
            (translation.Text, translation.Model).ShouldBe(($"[{translation.Language}] {transcript.Text}", Translation.Stub));
        }
    }

    [Fact]
    public async Task Transcribe_prints_translations_for_people_and_for_programs()
    {
        await using var fleet = await TestFleet.StartAsync("translation-printed", translationWorkers: 1);
        var url = fleet.Report.GatewayUrl(0).ToString();
        var file = Checkout.Path($"shared/recordings/an4/{Hearing.Recordings[0].Id}.wav");

        var text = await ProgramRun.SpeechAsync(["transcribe", file, "--url", url, "--translate", "fr"]);
        text.ExitCode.ShouldBe(0, text.Errors);
        text.Lines.ShouldContain(line => line.Contains("] fr: "));

        var json = await ProgramRun.SpeechAsync(["transcribe", file, "--url", url, "--translate", "fr,de", "--json"]);
        json.ExitCode.ShouldBe(0, json.Errors);
        var messages = json.Lines.Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        var translations = messages.Where(message => message.GetProperty("type").GetString() == "translation").ToArray();
        translations.Select(translation => translation.GetProperty("language").GetString()).Distinct()
            .ShouldBe(["fr", "de"], ignoreOrder: true);
        messages[^1].GetProperty("type").GetString().ShouldBe("done");
    }

    [Fact]
    public async Task A_language_that_is_not_known_is_refused()
    {
        await using var fleet = await TestFleet.StartAsync("translation-refused");
        var script = Hearing.Speakers(1, utterances: 1)[0];
        var refusal = await Should.ThrowAsync<SpeechClientException>(
            async () => await Talk.BeginAsync(fleet.Report.GatewayUrl(0), script, translate: "tlh"));
        refusal.Message.ShouldContain("GET /api/languages");
    }

    private async Task<Talk[]> TalkAsync(TestFleet fleet)
    {
        var talks = await Task.WhenAll(
            _scripts.Select(script => Talk.BeginAsync(fleet.Report.GatewayUrl(0), script, translate: Languages)));
        await Task.WhenAll(talks.Select(talk => talk.Completed));
        return talks;
    }

    private static async Task CloseAsync(Talk[] talks)
    {
        foreach (var talk in talks)
            await talk.DisposeAsync();
    }

    private static void ShouldBeTranslated(Talk talk)
    {
        talk.Messages[^1].ShouldBeOfType<Done>();
        talk.Messages.OfType<FinalResult>().Select(result => result.Seq).ShouldBeInOrder();
        ShouldBeTranslated(talk.Transcripts, talk.Translations);
    }

    /// <summary>Each transcript with words in it in each language, once, in order.</summary>
    private static void ShouldBeTranslated(IReadOnlyList<Transcript> transcripts, IReadOnlyList<Translation> translations)
    {
        int[] said = [.. transcripts.Where(transcript => transcript.Text.Length > 0).Select(transcript => transcript.Segment)];
        foreach (var language in Languages)
            translations.Where(translation => translation.Language == language).Select(translation => translation.Segment).ShouldBe(said);
        translations.ShouldAllBe(translation => translation.Text.Length > 0);
    }

    /// <summary>As they would be numbered without translations between them.</summary>
    private static IReadOnlyList<Transcript> Renumbered(IReadOnlyList<Transcript> transcripts) =>
        [.. transcripts.Select((transcript, index) => transcript with { Seq = index + 1 })];
}
