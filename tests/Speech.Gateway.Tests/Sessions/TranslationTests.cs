using System.Text.Json.Nodes;
using Speech.Contracts.Client;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Gateway.Tests.Support;

namespace Speech.Gateway.Tests.Sessions;

public sealed class TranslationTests : GatewayTest
{
    private const string Pcm = "codec=pcm_s16le&sample_rate=16000";

    [Fact]
    public async Task Done_comes_after_the_last_translation()
    {
        await using var gateway = await StartGatewayAsync();
        await using var worker = TestWorker.Start(Server, TestWorker.FinishWithTranslationsAsync);
        await using var client = await TestClient.ConnectAsync(gateway, Pcm + "&translate=fr,spa_Latn");
        await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Repeat(TestAudio.Phrase, 2)));
        var stopping = client.StopAsync();
        await client.ExpectTranscriptsAsync(2);
        client.Received.ShouldNotContain(message => message is Done);
        await worker.TranslateAsync(4);

        (await stopping).ShouldBe(CloseCode.Normal);

        client.Transcripts.ShouldAllBe(transcript => transcript.Translations!.SequenceEqual(new[] { "fr", "spa_Latn" }));
        client.Received[^1].ShouldBeOfType<Done>();
        var translations = client.Received.OfType<Translation>().ToArray();
        translations.Select(translation => (translation.Segment, translation.Language)).ShouldBe(
            [(0, "fr"), (0, "spa_Latn"), (1, "fr"), (1, "spa_Latn")]);
        translations.Select(translation => translation.Text).ShouldBe(
            client.Transcripts.SelectMany(transcript => (string[])[$"fr {transcript.Text}", $"spa_Latn {transcript.Text}"]));
    }

    [Fact]
    public async Task Without_a_translator_the_client_is_told_and_done_and_gets_its_translations_when_it_comes_back()
    {
        var time = new ManualTime();
        await using var gateway = await RunningGateway.StartAsync(Server.Url, time);
        await using var worker = TestWorker.Start(Server, TestWorker.FinishWithTranslationsAsync);
        long lastSeq;
        await using (var client = await TestClient.ConnectAsync(gateway, Pcm + "&translate=fr&client_id=gina"))
        {
            await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Phrase));
            await client.SendAsync(new Stop());
            // so long without a translation, it asks who makes them
            await Eventually.TrueAsync(() => time.TryAdvanceToEndOf(TimeSpan.FromSeconds(10)));
            (await client.ExpectCloseAsync()).ShouldBe(CloseCode.Normal);
            var warning = client.Received.OfType<Warning>().ShouldHaveSingleItem();
            warning.Code.ShouldBe("translation_unavailable");
            warning.Message.ShouldContain("1 translations");
            client.Received[^1].ShouldBeOfType<Done>();
            lastSeq = client.Transcripts[^1].Seq;
        }
        await using var other = await StartGatewayAsync();
        await using var second = await TestClient.ConnectAsync(other, Pcm + $"&client_id=gina&resume_from={lastSeq}");
        await second.ExpectAsync<Ready>();
        var stopping = second.StopAsync();
        await worker.TranslateAsync(1);

        (await stopping).ShouldBe(CloseCode.Normal);

        second.Received.OfType<FinalResult>().ShouldHaveSingleItem().ShouldBeOfType<Translation>().Language.ShouldBe("fr");
    }

    [Fact]
    public async Task A_client_that_comes_back_to_a_translation_that_has_come_meanwhile_does_not_wait_for_it()
    {
        await using var gateway = await StartGatewayAsync();
        await using var worker = TestWorker.Start(Server, TestWorker.FinishWithTranslationsAsync);
        await using (var client = await TestClient.ConnectAsync(gateway, Pcm + "&translate=fr&client_id=hugo"))
        {
            await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Repeat(TestAudio.Phrase, 2)));
            await client.ExpectTranscriptsAsync(1);
            client.Abort();
        }
        await worker.TranslateAsync(2);

        await using var second = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=hugo&resume_from=0");
        (await second.StopAsync()).ShouldBe(CloseCode.Normal);

        second.Received.OfType<FinalResult>().Select(result => result.Seq).ShouldBe([1, 2, 3, 4]);
        second.Received.OfType<Translation>().Select(translation => translation.Segment).ShouldBe([0, 1]);
    }

    [Fact]
    public async Task A_language_that_is_not_known_is_refused_with_4003_and_the_address_of_the_list()
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Pcm + "&translate=fr,klingon");
        (await client.ExpectCloseAsync()).ShouldBe(CloseCode.InvalidMessage);
        client.CloseReason.ShouldBe("translate has a language that is not in GET /api/languages: 'klingon'");

        using var http = new HttpClient();
        var list = JsonNode.Parse(await http.GetStringAsync(new Uri(gateway.Address, "/api/languages")))!;
        list["transcription"]!.AsArray().Select(code => code!.GetValue<string>()).ShouldContain("yue");
        var french = list["translation"]!.AsArray().Single(language => language!["code"]!.GetValue<string>() == "fra_Latn")!;
        french["aliases"]!.ToJsonString().ShouldBe("""["fr"]""");
        list["translation"]!.AsArray().Count.ShouldBe(202);
    }
}
