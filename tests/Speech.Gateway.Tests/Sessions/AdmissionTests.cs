using System.Net;
using Speech.Contracts.Client;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery;
using Speech.Gateway.Tests.Support;
using Speech.Redis;

namespace Speech.Gateway.Tests.Sessions;

public sealed class AdmissionTests : GatewayTest
{
    private const string Pcm = "codec=pcm_s16le&sample_rate=16000";

    [Theory]
    [InlineData("codec=mp3", "codec 'mp3' is not known, use opus, ogg_opus, webm_opus, pcm_s16le, pcm_f32le, mulaw or alaw")]
    [InlineData("codec=pcm_s16le", "codec=pcm_s16le needs sample_rate (8000..192000)")]
    [InlineData("client_id=a/b", "client_id must be 1..128 characters of A-Z a-z 0-9 _ . : -")]
    [InlineData("resume_from=3", "resume_from needs the client_id whose results are meant")]
    [InlineData("interim=maybe", "interim is 'maybe', allowed are true and false")]
    [InlineData("format=xml", "format 'xml' is not known, use json or msgpack")]
    [InlineData("prompt=one%0atwo", "prompt must be 1..1000 bytes of UTF-8 text without control characters")]
    [InlineData("codec=opus&codec=opus", "codec is given twice")]
    [InlineData("language=xx", "language 'xx' is not known, use a code such as en, fr or zh (GET /api/languages), or leave it out")]
    [InlineData("translate=fr,%0a%1b[2J", "translate has a language that is not in GET /api/languages: '\\u001b[2J'")]
    public async Task Wrong_parameters_are_refused_after_the_upgrade_where_browsers_can_read_why(string query, string reason)
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, query);
        (await client.ExpectCloseAsync()).ShouldBe(CloseCode.InvalidMessage);
        client.CloseReason.ShouldBe(reason);
        client.Received.ShouldBeEmpty();
    }

    [Fact]
    public async Task Credentials_are_read_from_one_place_only()
    {
        await using var gateway = await StartGatewayAsync();
        await using var twice = await TestClient.ConnectAsync(gateway, "token=a", apiKey: "b");
        (await twice.ExpectCloseAsync()).ShouldBe(CloseCode.AuthenticationFailed);
        twice.CloseReason.ShouldNotBeNull().ShouldContain("more than once");

        await using var basic = await TestClient.ConnectAsync(gateway, "", authorization: "Basic dTpw");
        (await basic.ExpectCloseAsync()).ShouldBe(CloseCode.AuthenticationFailed);
        basic.CloseReason.ShouldBe("the header Authorization must be 'Bearer …'");
    }

    [Theory]
    [InlineData("nano.en", "tiny.en", false)]
    [InlineData("nano.en", "nano.en", true)]
    [InlineData("/models/ggml-nano.en-q8_0.bin", "nano.en", true)]
    public async Task A_prompt_that_no_workers_model_follows_is_warned_of(string first, string second, bool warned)
    {
        await Redis.EnsureGroupAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers);
        foreach (var (id, model) in (IEnumerable<(string, string?)>)[("stt-1", first), ("stt-2", second), ("dead", null)])
        {
            // Redis knows a consumer from its first entry on.
            await Redis.StreamAddAsync(RedisKeys.AudioJobs, [new("job", "of another")]);
            await Redis.StreamReadGroupAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, id, 1);
            if (model is not null)
                await Redis.HashSetAsync(RedisKeys.Worker(id), [new("role", "stt"), new("model", model)]);
        }
        await using var gateway = await StartGatewayAsync();

        await using var client = await TestClient.ConnectAsync(gateway, Pcm + "&prompt=Edinburgh");
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);
        client.Received.OfType<Warning>().Select(warning => warning.Code).ShouldBe(warned ? ["prompt_unused"] : []);

        await using var without = await TestClient.ConnectAsync(gateway, Pcm);
        (await without.StopAsync()).ShouldBe(CloseCode.Normal);
        without.Received.OfType<Warning>().ShouldBeEmpty();
    }

    [Fact]
    public async Task Parameters_that_mean_nothing_are_warned_of_by_name_and_the_session_goes_on()
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Pcm + "&sampel_rate=8000&token=hush");
        (await client.ExpectAsync<Warning>()).ShouldBe(
            new Warning("unknown_parameter", "Not known, and so left alone: 'sampel_rate' (is sample_rate meant?)"));
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);
        client.Received.OfType<Warning>().Count().ShouldBe(1);
    }

    [Fact]
    public async Task Workers_are_asked_for_once_however_many_sessions_want_to_know_of_them()
    {
        await Redis.EnsureGroupAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers);
        await Redis.ExecuteAsync("XGROUP", "CREATECONSUMER", RedisKeys.AudioJobs, RedisKeys.SttWorkers, "stt-1");
        await Redis.HashSetAsync(
            RedisKeys.Worker("stt-1"), [new("role", "stt"), new("model", "nano.en"), new("model_state", "ready"), new("languages", "en")]);
        await using var gateway = await RunningGateway.StartAsync(Server.Url, new ManualTime());
        await ConnectAsync();
        var before = await AsksAsync();
        for (var i = 0; i < 8; i++)
            await ConnectAsync();
        (await AsksAsync()).ShouldBe(before); // no second has passed

        async Task ConnectAsync()
        {
            await using var client = await TestClient.ConnectAsync(gateway, Pcm + "&prompt=Edinburgh&language=fr");
            (await client.StopAsync()).ShouldBe(CloseCode.Normal);
            client.Received.OfType<Warning>().Select(warning => warning.Code).ShouldBe(["prompt_unused", "language_unsupported"]);
        }

        async Task<string> AsksAsync() =>
            ((string)(await Redis.ExecuteAsync("INFO", "commandstats"))!).Split("cmdstat_xinfo|consumers:calls=")[1].Split(',')[0];
    }

    [Theory]
    [InlineData("en-US", "en")]
    [InlineData("zh-CN", "zh")]
    [InlineData("cmn", "zh")]
    [InlineData("nob", "no")]
    public async Task A_language_may_be_named_by_any_tag(string tag, string code)
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, $"{Pcm}&language={tag}&translate=pt-BR,zh-Hant-TW");
        await client.ExpectAsync<Ready>();
        await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Phrase));
        await client.SendAsync(new Flush());
        await client.ExpectAsync<Committed>();
        var job = (await QueuedAsync())[0];
        job.Language.ShouldBe(code);
        job.Translate.ShouldBe(["pt-BR", "zh-Hant-TW"]);
    }

    [Fact]
    public async Task A_plain_request_is_told_to_upgrade()
    {
        await using var gateway = await StartGatewayAsync();
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri(gateway.Address, "/ws"));
        response.StatusCode.ShouldBe(HttpStatusCode.UpgradeRequired);
    }

    [Fact]
    public async Task A_full_gateway_refuses_with_4000()
    {
        await using var gateway = await StartGatewayAsync("MAX_SESSIONS=1");
        await using var first = await TestClient.ConnectAsync(gateway, Pcm);
        await first.ExpectAsync<Ready>();
        await using var second = await TestClient.ConnectAsync(gateway, Pcm);
        (await second.ExpectCloseAsync()).ShouldBe(CloseCode.AtCapacity);
        second.CloseReason.ShouldBe("this server has its 1 sessions; retry after 5 s");

        await first.StopAsync();
        await Eventually.TrueAsync(() => gateway.Sessions == 0);
        await using var third = await TestClient.ConnectAsync(gateway, Pcm);
        await third.ExpectAsync<Ready>();
    }

    [Fact]
    public async Task A_queue_that_is_too_deep_refuses_with_4000()
    {
        await using var gateway = await StartGatewayAsync("MAX_QUEUE_DEPTH=1");
        for (var i = 0; i < 2; i++)
            await Redis.ExecuteAsync("XADD", RedisKeys.AudioJobs, "*", "client_id", "somebody");
        await using var client = await TestClient.ConnectAsync(gateway, Pcm);
        (await client.ExpectCloseAsync()).ShouldBe(CloseCode.AtCapacity);
        client.CloseReason!.ShouldStartWith("too much audio is waiting to be transcribed; retry after ");
        RetryHint.Find(client.CloseReason).ShouldNotBeNull().TotalSeconds.ShouldBeInRange(30, 45, "nothing shows yet that the queue falls");
    }

    [Fact]
    public async Task Without_Redis_there_is_no_session()
    {
        await using var gateway = await StartGatewayAsync();
        await Server.KillAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Pcm);
        (await client.ExpectCloseAsync()).ShouldBe(CloseCode.ResourceUnavailable);
        client.CloseReason.ShouldBe("the queue cannot be reached; retry after 2 s");
    }

    [Fact]
    public async Task A_client_that_comes_back_before_its_old_connection_was_missed_takes_over()
    {
        await using var gateway = await StartGatewayAsync();
        await using var old = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=carl");
        await old.SendAudioAsync(TestAudio.Pcm16(TestAudio.Phrase));
        await old.ExpectAsync<SpeechStarted>();

        await using var fresh = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=carl");
        (await old.ExpectCloseAsync()).ShouldBe(CloseCode.ResourceUnavailable);
        old.CloseReason.ShouldBe("another connection has taken over this client_id");
        (await fresh.ExpectAsync<Ready>()).Committed.ShouldBe(2.0, "what was said over the old one is safe");

        await fresh.SendAudioAsync(TestAudio.Pcm16(TestAudio.Phrase));
        (await fresh.ExpectAsync<SpeechStarted>()).Segment.ShouldBe(1);
    }
}
