using System.Text.Json.Nodes;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery;
using Speech.Gateway.Tests.Support;

namespace Speech.Gateway.Tests.Sessions;

/// <summary>What clients are told of languages that the workers' models do not know.</summary>
public sealed class LanguageTests : GatewayTest
{
    private const string Pcm = "codec=pcm_s16le&sample_rate=16000";

    [Fact]
    public async Task Languages_that_no_worker_serves_are_named_when_the_session_begins()
    {
        await LiveAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, "stt-1", "en");
        await LiveAsync(RedisKeys.TranslationJobs, RedisKeys.TranslationWorkers, "translation-1", "eng_Latn fra_Latn spa_Latn deu_Latn");
        await using var gateway = await StartGatewayAsync();

        var warnings = await WarningsAsync(gateway, "&language=fr&translate=ja,es,jpn_Jpan");

        warnings.Select(warning => warning.Code).ShouldBe(["language_unsupported", "translation_unsupported"]);
        warnings[0].Message.ShouldContain("'fr'");
        warnings[0].Message.ShouldContain("transcribed as 'en'");
        warnings[1].Message.ShouldContain("into ja, jpn_Jpan now");
    }

    [Fact]
    public async Task Nothing_is_said_of_languages_that_one_of_the_workers_serves()
    {
        await LiveAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, "stt-1", "en");
        await LiveAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, "stt-2", "en fr");
        await LiveAsync(RedisKeys.TranslationJobs, RedisKeys.TranslationWorkers, "translation-1", "eng_Latn jpn_Jpan");
        await using var gateway = await StartGatewayAsync();

        (await WarningsAsync(gateway, "&language=fr&translate=ja,fr")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Nothing_is_said_while_no_worker_has_its_model()
    {
        await LiveAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, "stt-1", "", model: "loading");
        await using var gateway = await StartGatewayAsync();

        (await WarningsAsync(gateway, "&language=fr&translate=ja")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_multilingual_model_that_does_not_know_the_language_finds_one_out()
    {
        await LiveAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, "stt-1", "en fr de");
        await using var gateway = await StartGatewayAsync();

        (await WarningsAsync(gateway, "&language=yue")).ShouldHaveSingleItem().Message.ShouldContain("'yue'");
    }

    [Fact]
    public async Task The_list_of_languages_says_which_are_served()
    {
        await LiveAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, "stt-1", "en");
        await LiveAsync(RedisKeys.TranslationJobs, RedisKeys.TranslationWorkers, "translation-1", "eng_Latn fra_Latn");
        await LiveAsync(RedisKeys.TranslationJobs, RedisKeys.TranslationWorkers, "translation-2", "eng_Latn deu_Latn");
        await using (var gateway = await StartGatewayAsync())
        {
            var list = await ListAsync(gateway);
            list["transcription_served"]!.ToJsonString().ShouldBe("""["en"]""");
            ServedOf(list).ShouldBe(["deu_Latn", "eng_Latn", "fra_Latn"]);
            list["translation"]!.AsArray().Count.ShouldBe(202);
        }

        await using var lonely = await StartGatewayAsync();
        await Server.KillAsync();
        // what it knew counts for a second
        await Eventually.TrueAsync(async () => (await ListAsync(lonely))["transcription_served"] is null);
        (await ListAsync(lonely))["translation"]![0]!["served"].ShouldBeNull();
    }

    private static async Task<Warning[]> WarningsAsync(RunningGateway gateway, string query)
    {
        await using var client = await TestClient.ConnectAsync(gateway, Pcm + query);
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);
        client.Received[^1].ShouldBeOfType<Done>();
        return [.. client.Received.OfType<Warning>()];
    }

    private static async Task<JsonNode> ListAsync(RunningGateway gateway)
    {
        using var http = new HttpClient();
        return JsonNode.Parse(await http.GetStringAsync(new Uri(gateway.Address, "/api/languages")))!;
    }

    private static IEnumerable<string> ServedOf(JsonNode list) =>
        from language in list["translation"]!.AsArray()
        where language!["served"]!.GetValue<bool>()
        select language["code"]!.GetValue<string>();

    /// <summary>A worker as Redis knows it.</summary>
    private async Task LiveAsync(string stream, string group, string id, string languages, string model = "ready")
    {
        await Redis.EnsureGroupAsync(stream, group);
        await Redis.ExecuteAsync("XGROUP", "CREATECONSUMER", stream, group, id);
        await Redis.HashSetAsync(
            RedisKeys.Worker(id), [new("model_state", model), new("slots", 8), new("busy", 0), new("languages", languages)]);
    }
}
