using Speech.Contracts.Client;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery;
using Speech.Gateway.Tests.Support;
using Speech.Redis;

namespace Speech.Gateway.Tests.Admission;

public sealed class QueueAdmissionTests : GatewayTest
{
    private const string Pcm = "codec=pcm_s16le&sample_rate=16000";
    private const int LeastBulk = 8;

    [Fact]
    public async Task A_recording_waits_while_others_fill_the_queue_and_who_speaks_does_not()
    {
        await FillAsync(LeastBulk);
        await using var gateway = await StartGatewayAsync();
        await using var flooder = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=flooder");
        var flood = flooder.SendAudioAsync(TestAudio.Encode(TestAudio.Repeat(TestAudio.Phrase, 12), AudioCodec.PcmS16Le));
        (await flooder.ExpectAsync<Warning>()).Message.ShouldStartWith("The server has more audio than it can transcribe at once");
        (await SegmentsOfAsync("flooder")).ShouldBeLessThanOrEqualTo(1, "only what came before it was ahead of the clock");

        await using var speaker = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=speaker");
        await speaker.SendAudioAsync(TestAudio.Pcm16(TestAudio.Phrase));
        await speaker.SendAsync(new Flush());
        await Eventually.TrueAsync(async () => await SegmentsOfAsync("speaker") == 1);
        (await SegmentsOfAsync("flooder")).ShouldBeLessThanOrEqualTo(1);

        await EmptyAsync();
        await using var worker = TestWorker.Start(Server);
        await flood;
        (await flooder.StopAsync()).ShouldBe(CloseCode.Normal);
        flooder.Transcripts.Select(transcript => transcript.Segment)
            .ShouldBe(Enumerable.Range(0, 12), "all of it was taken in the end, in order");
        worker.DeepestQueue.ShouldBeLessThanOrEqualTo(LeastBulk + 2);
    }

    [Fact]
    public async Task A_gateway_that_goes_away_brings_what_it_has_accepted_into_a_full_queue()
    {
        await FillAsync(LeastBulk);
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=flooder");
        var sending = client.SendAudioAsync(TestAudio.Encode(TestAudio.Repeat(TestAudio.Phrase, 12), AudioCodec.PcmS16Le));
        await client.ExpectAsync<Warning>();
        var before = await SegmentsOfAsync("flooder");
        await gateway.StopAsync();
        await sending.ContinueWith(_ => { }, TaskScheduler.Default); // broken off
        (await SegmentsOfAsync("flooder")).ShouldBeGreaterThanOrEqualTo(before + 4);
    }

    [Fact]
    public async Task Clients_who_flood_get_their_segments_done_evenly()
    {
        await FillAsync(LeastBulk);
        await using var gateway = await StartGatewayAsync();
        var audio = TestAudio.Encode(TestAudio.Repeat(TestAudio.Phrase, 10), AudioCodec.PcmS16Le);
        var clients = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(i => TestClient.ConnectAsync(gateway, $"{Pcm}&client_id=flooder-{i}")));
        var floods = clients.Select(client => client.SendAudioAsync(audio)).ToArray();
        foreach (var client in clients)
            await client.ExpectAsync<Warning>();

        await EmptyAsync();
        await using var worker = TestWorker.Start(Server);
        await Task.WhenAll(floods);
        var order = worker.Jobs.Where(job => job.Segment > 1).Select(job => job.ClientId).ToArray();
        for (var i = 0; i + 8 <= Math.Min(order.Length, 20); i++)
            order[i..(i + 8)].Distinct().Count().ShouldBe(4, $"in any eight there is one of each: {string.Join(' ', order)}");
        foreach (var client in clients)
            await client.DisposeAsync();
    }

    private async Task FillAsync(int entries)
    {
        for (var i = 0; i < entries; i++)
            await Redis.ExecuteAsync("XADD", RedisKeys.AudioJobs, "*", "client_id", "somebody");
    }

    private async Task EmptyAsync()
    {
        foreach (var entry in (await Redis.StreamRangeAsync(RedisKeys.AudioJobs)).Where(entry => entry.GetString(
            "client_id") == "somebody"))
            await Redis.StreamDeleteAsync(RedisKeys.AudioJobs, [entry.StreamId]);
    }

    private async Task<int> SegmentsOfAsync(string client) =>
        (await Redis.StreamRangeAsync(RedisKeys.AudioJobs)).Count(entry => entry.GetString("client_id") == client);
}
