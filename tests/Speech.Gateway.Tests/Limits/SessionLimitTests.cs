using Speech.Contracts.Client;
using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery;
using Speech.Gateway.Tests.Support;
using Speech.Redis;

namespace Speech.Gateway.Tests.Limits;

public sealed class SessionLimitTests : GatewayTest
{
    private const string Pcm = "codec=pcm_s16le&sample_rate=16000";

    [Fact]
    public async Task Who_sends_more_audio_than_allowed_is_closed_with_4004_and_told_when_to_come_back()
    {
        await using var gateway = await StartGatewayAsync("MAX_AUDIO_RATE=1");
        await using var client = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=ann");
        await SendSilenceAsync(client, seconds: 60);
        await client.SendAsync(new Ping());
        await client.ExpectAsync<Pong>();
        await SendSilenceAsync(client, seconds: 5);
        (await client.ExpectCloseAsync()).ShouldBe(CloseCode.RateLimited);
        client.CloseReason.ShouldBe("a client may send 1 s of audio a second, averaged over a minute; retry after 30 s");

        // Connecting anew is no way round it.
        await using var again = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=ann");
        await SendSilenceAsync(again, seconds: 30);
        (await again.ExpectCloseAsync()).ShouldBe(CloseCode.RateLimited);
    }

    [Fact]
    public async Task Clients_with_the_same_credentials_share_what_these_allow()
    {
        await using var gateway = await StartGatewayAsync("MAX_AUDIO_RATE_PER_KEY=1");
        await using var first = await TestClient.ConnectAsync(gateway, Pcm, apiKey: "k1");
        await SendSilenceAsync(first, seconds: 40);
        await first.SendAsync(new Ping());
        await first.ExpectAsync<Pong>();
        await using var second = await TestClient.ConnectAsync(gateway, Pcm, apiKey: "k1");
        await SendSilenceAsync(second, seconds: 30);
        (await second.ExpectCloseAsync()).ShouldBe(CloseCode.RateLimited);
        second.CloseReason.ShouldBe("these credentials may send 1 s of audio a second, averaged over a minute; retry after 30 s");

        await using var other = await TestClient.ConnectAsync(gateway, Pcm, apiKey: "k2");
        await SendSilenceAsync(other, seconds: 40);
        (await other.StopAsync()).ShouldBe(CloseCode.Normal);
    }

    [Fact]
    public async Task Credentials_have_so_many_sessions_and_others_have_theirs()
    {
        await using var gateway = await StartGatewayAsync("MAX_SESSIONS_PER_KEY=1");
        await using var first = await TestClient.ConnectAsync(gateway, Pcm, apiKey: "k1");
        await first.ExpectAsync<Ready>();
        await using var second = await TestClient.ConnectAsync(gateway, Pcm, apiKey: "k1");
        (await second.ExpectCloseAsync()).ShouldBe(CloseCode.RateLimited);
        second.CloseReason.ShouldBe("these credentials have their 1 sessions here; retry after 5 s");

        await using var other = await TestClient.ConnectAsync(gateway, Pcm, apiKey: "k2");
        await other.ExpectAsync<Ready>();
        for (var i = 0; i < 2; i++)
        {
            await using var anonymous = await TestClient.ConnectAsync(gateway, Pcm);
            await anonymous.ExpectAsync<Ready>();
        }
    }

    [Fact]
    public async Task A_session_ends_with_4002_when_it_has_lasted_long_enough()
    {
        var time = new ManualTime();
        await using var gateway = await RunningGateway.StartAsync(
            Server.Url, time, "MAX_SESSION_SECONDS=600", "CLIENT_TIMEOUT_SECONDS=3600");
        await using var client = await TestClient.ConnectAsync(gateway, Pcm);
        await client.ExpectAsync<Ready>();
        time.Advance(TimeSpan.FromSeconds(599));
        client.CloseCode.ShouldBeNull();
        time.Advance(TimeSpan.FromSeconds(1));
        (await client.ExpectCloseAsync()).ShouldBe(CloseCode.SessionTimeout);
        client.CloseReason.ShouldBe("a session may last 600 s; reconnect with resume_from");
    }

    [Fact]
    public async Task A_client_that_is_held_back_is_told_so_once_and_loses_nothing()
    {
        await using var gateway = await StartGatewayAsync("MAX_OUTSTANDING_SEGMENTS=2");
        await using var client = await TestClient.ConnectAsync(gateway, Pcm);
        var sending = client.SendAudioAsync(TestAudio.Encode(TestAudio.Repeat(TestAudio.Phrase, 8), AudioCodec.PcmS16Le));
        (await client.ExpectAsync<Warning>()).ShouldBe(
            new Warning("slow_down", "2 segments of yours wait for their results: more audio is taken as they come."));

        await using var worker = TestWorker.Start(Server);
        await sending;
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);
        client.Transcripts.Length.ShouldBe(8);
        client.Received.OfType<Warning>().Count().ShouldBe(1);
    }

    [Fact]
    public async Task Above_the_queues_depth_a_running_client_is_slowed_and_all_it_says_is_taken_in_the_end()
    {
        await using var gateway = await StartGatewayAsync("MAX_QUEUE_DEPTH=2");
        await using var client = await TestClient.ConnectAsync(gateway, Pcm);
        await client.ExpectAsync<Ready>();
        var others = new List<StreamId>();
        for (var i = 0; i < 3; i++)
            others.Add(await Redis.StreamAddAsync(RedisKeys.AudioJobs, [new("client_id", "somebody")]));
        await Eventually.TrueAsync(async () =>
        {
            await using var another = await TestClient.ConnectAsync(gateway, Pcm);
            await Task.WhenAny(another.ExpectAsync<Ready>(), another.ExpectEndAsync()); // let in before the gateway has looked at the queue
            return another.CloseCode == CloseCode.AtCapacity;
        });

        var sending = client.SendAudioAsync(TestAudio.Encode(TestAudio.Repeat(TestAudio.Phrase, 4), AudioCodec.PcmS16Le));
        var warning = await client.ExpectAsync<Warning>();
        warning.Code.ShouldBe("slow_down");
        warning.Message.ShouldStartWith("The server has more audio than it can transcribe at once");
        await Eventually.TrueAsync(async () => await QueuedJobsAsync() == 1); // one segment at a time

        await Redis.StreamDeleteAsync(RedisKeys.AudioJobs, others.ToArray());
        await using var worker = TestWorker.Start(Server);
        await sending;
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);
        client.Transcripts.Length.ShouldBe(4);

        async Task<int> QueuedJobsAsync() =>
            (await Redis.StreamRangeAsync(RedisKeys.AudioJobs)).Count(entry => entry.TryGet(AudioJobFields.Job, out _));
    }

    [Fact]
    public async Task Interims_stop_when_the_queue_is_half_full()
    {
        var time = new ManualTime();
        await using var gateway = await RunningGateway.StartAsync(Server.Url, time, "MAX_QUEUE_DEPTH=4");
        for (var i = 0; i < 3; i++)
            await Redis.ExecuteAsync("XADD", RedisKeys.AudioJobs, "*", "client_id", "somebody");
        await using var client = await TestClient.ConnectAsync(gateway, Pcm + "&interim=true");
        await client.ExpectAsync<Ready>();
        var pongs = 0;
        foreach (var message in TestAudio.Pcm16(TestAudio.Phrase).Chunk(6400))
        {
            await client.SendAudioAsync(message);
            await client.SendAsync(new Ping());
            pongs++;
            await client.ExpectAsync<Pong>(_ => client.Received.OfType<Pong>().Count() == pongs);
            time.Advance(TimeSpan.FromSeconds(1));
        }
        (await Redis.StreamLengthAsync(RedisKeys.InterimJobs)).ShouldBe(0);
        (await client.ExpectAsync<SpeechStarted>()).Segment.ShouldBe(0);
    }

    private static async Task SendSilenceAsync(TestClient client, int seconds)
    {
        for (var i = 0; i < seconds; i++)
            await client.SendAudioAsync(new byte[32_000]);
    }
}
