using Speech.Contracts.Client;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery;
using Speech.Gateway.Tests.Support;
using Speech.Redis;

namespace Speech.Gateway.Tests.Sessions;

/// <summary>Whose a client is: one credential's, and one gateway's at a time.</summary>
public sealed class ClaimTests : GatewayTest
{
    private const string Pcm = "codec=pcm_s16le&sample_rate=16000";

    [Theory]
    [InlineData("hers", "his")]
    [InlineData("hers", null)]
    [InlineData(null, "his")]
    public async Task A_client_belongs_to_the_credentials_that_made_it(string? first, string? second)
    {
        await using var gateway = await StartGatewayAsync();
        await using var worker = TestWorker.Start(Server);
        await using (var ann = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=ann", apiKey: first))
        {
            await ann.SendAudioAsync(TestAudio.Pcm16(TestAudio.Repeat(TestAudio.Phrase, 1)));
            (await ann.StopAsync()).ShouldBe(CloseCode.Normal);
        }

        await using var other = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=ann&resume_from=0", apiKey: second);
        (await other.ExpectCloseAsync()).ShouldBe(CloseCode.AuthenticationFailed);
        other.CloseReason.ShouldBe("this client_id belongs to other credentials");
        other.Received.ShouldBeEmpty();

        await using var again = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=ann&resume_from=0", apiKey: first);
        await again.ExpectTranscriptsAsync(1);
        if (first is not null)
            (await Redis.HashGetStringAsync(RedisKeys.Session("ann"), "key")).ShouldNotBeNull().ShouldNotContain(first);
    }

    [Fact]
    public async Task Somebody_else_s_attempt_does_not_disturb_a_client_that_is_connected()
    {
        await using var gateway = await StartGatewayAsync();
        await using var other = await StartGatewayAsync();
        await using var worker = TestWorker.Start(Server);
        await using var ann = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=ann", apiKey: "hers");
        await ann.ExpectAsync<Ready>();
        foreach (var anywhere in (RunningGateway[])[gateway, other])
        {
            await using var thief = await TestClient.ConnectAsync(anywhere, Pcm + "&client_id=ann", apiKey: "his");
            (await thief.ExpectCloseAsync()).ShouldBe(CloseCode.AuthenticationFailed);
        }
        await ann.SendAudioAsync(TestAudio.Pcm16(TestAudio.Phrase));
        (await ann.StopAsync()).ShouldBe(CloseCode.Normal);
        ann.Transcripts.Length.ShouldBe(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_two_connections_of_a_client_the_newer_has_it_also_at_another_gateway(bool resumes)
    {
        await using var first = await StartGatewayAsync();
        await using var second = await StartGatewayAsync();
        await using var worker = TestWorker.Start(Server);
        var speech = TestAudio.Pcm16(TestAudio.Phrase);
        await using var old = await TestClient.ConnectAsync(first, Pcm + "&client_id=carl");
        await old.SendAudioAsync(speech);
        await old.ExpectAsync<SpeechStarted>();

        await using var fresh = await TestClient.ConnectAsync(second, Pcm + "&client_id=carl" + (resumes ? "&resume_from=0" : ""));
        (await old.ExpectCloseAsync()).ShouldBe(CloseCode.ResourceUnavailable);
        old.CloseReason.ShouldBe("another connection has taken over this client_id");

        // Who resumes says it again; of who does not, it is all there is.
        var committed = (await fresh.ExpectAsync<Ready>()).Committed;
        committed.ShouldBeInRange(resumes ? 0 : 2.0, resumes ? 0.5 : 2.0);
        await fresh.SendAudioAsync(resumes ? speech.AsMemory((int)(committed * 16_000) * 2) : speech);
        (await fresh.StopAsync()).ShouldBe(CloseCode.Normal);
        worker.Jobs.Select(job => job.Segment).ShouldBe(resumes ? [0] : [0, 1]);
        fresh.Transcripts[^1].Segment.ShouldBe(resumes ? 0 : 1);
        await Eventually.TrueAsync(() => first.Sessions == 0);
    }

    [Fact]
    public async Task A_client_whose_connection_breaks_off_in_mid_speech_and_who_resumes_in_time_is_heard_as_if_nothing_had_happened()
    {
        var speech = TestAudio.Pcm16(TestAudio.Jfk);
        await using var first = await StartGatewayAsync("RESUME_SECONDS=60");
        await using var second = await StartGatewayAsync("RESUME_SECONDS=60");
        await using var worker = TestWorker.Start(Server);
        await using var undisturbed = await TestClient.ConnectAsync(first, Pcm);
        await undisturbed.SendAudioAsync(speech);
        await undisturbed.StopAsync();

        var (heard, committed, gateway) = (new List<Transcript>(), 0.0, 0);
        foreach (var end in (double[])[1.0, 3.4, 5.0, 7.7, 9.1, 11])
        {
            await using var client = await TestClient.ConnectAsync(
                gateway++ % 3 == 0 ? first : second, Pcm + $"&client_id=dora&resume_from={heard.Count}");
            committed = (await client.ExpectAsync<Ready>()).Committed;
            await client.SendAudioAsync(speech.AsMemory((int)Math.Round(committed * 16_000) * 2, (int)((end - committed) * 16_000) * 2));
            if (end == 11)
            {
                (await client.StopAsync()).ShouldBe(CloseCode.Normal);
            }
            else
            {
                await client.SendAsync(new Ping());
                await client.ExpectAsync<Pong>();
                client.Abort();
            }
            heard.AddRange(client.Transcripts);
        }

        heard.ShouldBe(undisturbed.Transcripts);
    }

    [Fact]
    public async Task A_gateway_that_was_hung_while_its_client_went_elsewhere_can_do_nothing_for_it_any_more()
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=eve");
        await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Phrase));
        await client.ExpectAsync<SpeechStarted>();
        await Redis.HashSetAsync(RedisKeys.Session("eve"), [new("owner", "another"), new("gateway", "elsewhere")]);
        await client.SendAsync(new Flush());
        (await client.ExpectCloseAsync()).ShouldBe(CloseCode.ResourceUnavailable);
        (await QueuedAsync()).ShouldBeEmpty();
        (await Redis.HashGetStringAsync(RedisKeys.Session("eve"), "owner")).ShouldBe("another");
    }

    [Fact]
    public async Task A_claim_is_valid_though_the_gateway_that_has_the_client_is_dead()
    {
        await Redis.HashSetAsync(RedisKeys.Session("fay"), [new("owner", "another"), new("gateway", "dead"), new("key", "anonymous"), new(
            "segments", "3"), new("released", "3"), new("seq", "3"), new("committed", "7.5")]);
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=fay&resume_from=3");
        (await client.ExpectAsync<Ready>()).Committed.ShouldBe(7.5);
        await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Phrase));
        await client.SendAsync(new Flush());
        await Eventually.TrueAsync(async () => (await QueuedAsync()).Length == 1);
        (await QueuedAsync()).Single().Segment.ShouldBe(3);
    }

    [Fact]
    public async Task What_Redis_has_lost_is_told_and_things_go_on()
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=gus");
        await using (var worker = TestWorker.Start(Server))
        {
            await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Repeat(TestAudio.Phrase, 2)));
            await client.ExpectTranscriptsAsync(2);
        }
        await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Repeat(TestAudio.Phrase, 2)));
        await Eventually.TrueAsync(async () => (await QueuedAsync()).Length == 2);
        await Redis.ExecuteAsync("FLUSHALL");

        await using var after = TestWorker.Start(Server);
        await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Repeat(TestAudio.Phrase, 1)));
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);
        client.Received.OfType<FinalResult>().Select(result => (result.Seq, result.Segment, result.Type)).ShouldBe(
            [(1, 0, "transcript"), (2, 1, "transcript"), (3, 2, "failed"), (4, 3, "failed"), (5, 4, "transcript")]);
        client.Received.OfType<Failed>().ShouldAllBe(failed => failed.Code == "lost");

        await using var again = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=gus&resume_from=3");
        await again.ExpectTranscriptsAsync(1);
        again.Received.OfType<FinalResult>().Select(result => result.Seq).ShouldBe([4L, 5L]);
    }

    [Fact]
    public async Task A_client_that_waits_for_what_Redis_has_lost_does_not_wait_in_vain()
    {
        var time = new ManualTime();
        await using var gateway = await RunningGateway.StartAsync(Server.Url, time, "RESULT_TIMEOUT_SECONDS=3600");
        await using var client = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=hal");
        await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Phrase));
        await client.SendAsync(new Stop());
        await Eventually.TrueAsync(async () => (await QueuedAsync()).Length == 1);
        await Redis.ExecuteAsync("FLUSHALL");
        await Eventually.TrueAsync(async () =>
        {
            // Until the gateway has looked and found nothing. Not longer: what follows would have no time left.
            if (await Redis.KeyExistsAsync(RedisKeys.Session("hal"), CancellationToken.None))
                return true;
            time.Advance(TimeSpan.FromSeconds(1));
            return false;
        });
        (await client.ExpectCloseAsync()).ShouldBe(CloseCode.Normal);
        client.Received.OfType<Failed>().ShouldHaveSingleItem().Segment.ShouldBe(0);
        client.Received[^1].ShouldBe(new Done());
    }

    [Fact]
    public async Task A_client_that_resumes_after_Redis_has_lost_everything_is_told_and_its_numbers_go_on()
    {
        await using var gateway = await StartGatewayAsync();
        await using var worker = TestWorker.Start(Server);
        await using var client = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=ida&resume_from=7");
        (await client.ExpectAsync<Ready>()).Committed.ShouldBe(0);
        await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Phrase));
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);
        client.Received.OfType<Warning>().ShouldHaveSingleItem().Code.ShouldBe("session_unknown");
        client.Transcripts.ShouldHaveSingleItem().Seq.ShouldBe(8);
    }
}
