using Speech.Contracts.Client;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery;
using Speech.Gateway.Tests.Support;

namespace Speech.Gateway.Tests.Sessions;

/// <summary>What may break meanwhile, and that nothing is lost or doubled by it.</summary>
public sealed class DeliveryTests : GatewayTest
{
    private const string Pcm = "codec=pcm_s16le&sample_rate=16000";

    [Fact]
    public async Task A_restart_of_Redis_loses_nothing_that_was_accepted_and_doubles_nothing()
    {
        await using var gateway = await StartGatewayAsync();
        await using var worker = TestWorker.Start(Server);
        await using var client = await TestClient.ConnectAsync(gateway, "codec=opus");
        var packets = TestAudio.Encode(TestAudio.Repeat(TestAudio.Phrase, 9), AudioCodec.Opus);
        await client.SendAudioAsync(packets[..(packets.Length / 3)]);
        await client.ExpectTranscriptsAsync(1);

        await Server.KillAsync();
        await client.SendAudioAsync(packets[(packets.Length / 3)..(packets.Length * 2 / 3)]);
        await client.ExpectAsync<SpeechStarted>(started => started.Segment == 5);
        await Server.RestartAsync();
        await client.SendAudioAsync(packets[(packets.Length * 2 / 3)..]);

        (await client.StopAsync()).ShouldBe(CloseCode.Normal);
        client.Transcripts.Select(transcript => transcript.Segment).ShouldBe(Enumerable.Range(0, 9));
        client.Transcripts.Select(transcript => transcript.Seq).ShouldBe(Enumerable.Range(1, 9).Select(seq => (long)seq));
        (await Redis.StreamLengthAsync(RedisKeys.AudioJobs)).ShouldBe(0);
    }

    [Fact]
    public async Task A_Redis_out_of_memory_is_waited_for_too()
    {
        await using var gateway = await StartGatewayAsync();
        await using var worker = TestWorker.Start(Server);
        await using var client = await TestClient.ConnectAsync(gateway, Pcm);
        await client.ExpectAsync<Ready>();
        await Redis.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
        await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Phrase));
        await client.SendAsync(new Flush());
        await client.ExpectAsync<Warning>(warning => warning.Code == "queue_unreachable");
        client.Transcripts.ShouldBeEmpty();

        await Redis.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);
        client.Transcripts.Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_client_that_comes_back_goes_on_where_it_was_and_gets_what_it_missed()
    {
        await using var gateway = await StartGatewayAsync();
        await using var worker = TestWorker.Start(Server);
        await using (var first = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=dora"))
        {
            await first.SendAudioAsync(TestAudio.Pcm16(TestAudio.Repeat(TestAudio.Phrase, 3)));
            await first.ExpectTranscriptsAsync(3);
            await first.ExpectAsync<Committed>(committed => committed.Until > 8);
            first.Abort();
        }

        await using var second = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=dora&resume_from=1");
        (await second.ExpectAsync<Ready>()).Committed
            .ShouldBeInRange(8.65, 8.7, "the pre-roll of what might have followed is to come again");
        await second.SendAudioAsync(TestAudio.Pcm16(TestAudio.Phrase));
        (await second.StopAsync()).ShouldBe(CloseCode.Normal);
        second.Transcripts.Select(transcript => transcript.Segment).ShouldBe([1, 2, 3]);
        second.Transcripts.Select(transcript => transcript.Seq).ShouldBe([2L, 3L, 4L]);
        second.Transcripts[^1].Start.ShouldBeGreaterThanOrEqualTo(8.65);

        await using var third = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=dora");
        (await third.StopAsync()).ShouldBe(CloseCode.Normal);
        third.Transcripts.ShouldBeEmpty("nothing of the past was asked for");
    }

    [Fact]
    public async Task Another_gateway_gives_a_client_all_that_it_missed_after_its_own_was_killed()
    {
        await using var worker = TestWorker.Start(Server);
        await using (var gateway = await StartGatewayAsync())
        {
            await using var first = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=frank");
            await first.SendAudioAsync(TestAudio.Pcm16(TestAudio.Repeat(TestAudio.Phrase, 2)));
            await first.ExpectTranscriptsAsync(1);
            await first.ExpectAsync<Committed>(committed => committed.Until > 5);
        }
        await using var other = await StartGatewayAsync();
        await using var second = await TestClient.ConnectAsync(other, Pcm + "&client_id=frank&resume_from=0");
        (await second.StopAsync()).ShouldBe(CloseCode.Normal);
        second.Transcripts.Select(transcript => transcript.Segment).ShouldBe([0, 1]);
    }

    [Fact]
    public async Task So_much_of_one_client_is_in_the_queue_and_no_more()
    {
        await using var gateway = await StartGatewayAsync("MAX_OUTSTANDING_SEGMENTS=2");
        await using var client = await TestClient.ConnectAsync(gateway, Pcm);
        var sending = client.SendAudioAsync(TestAudio.Encode(TestAudio.Repeat(TestAudio.Phrase, 20), AudioCodec.PcmS16Le));
        await Eventually.TrueAsync(async () => await Redis.StreamLengthAsync(RedisKeys.AudioJobs) == 2);

        await using var worker = TestWorker.Start(Server);
        await sending;
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);
        client.Transcripts.Length.ShouldBe(20);
        worker.DeepestQueue.ShouldBe(2);
    }
}
