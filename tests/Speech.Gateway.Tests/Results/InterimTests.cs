using Speech.Contracts.Client;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Gateway.Tests.Support;

namespace Speech.Gateway.Tests.Results;

public sealed class InterimTests : GatewayTest
{
    [Fact]
    public async Task An_open_segment_is_transcribed_as_it_grows()
    {
        var time = new ManualTime();
        await using var gateway = await RunningGateway.StartAsync(Server.Url, time);
        await using var worker = TestWorker.Start(Server);
        await using var client = await TestClient.ConnectAsync(gateway, "codec=pcm_s16le&sample_rate=16000&interim=true");
        var pongs = 0;
        foreach (var message in TestAudio.Pcm16(TestAudio.Phrase).Chunk(1280))
        {
            await client.SendAudioAsync(message);
            await client.SendAsync(new Ping());
            pongs++;
            await client.ExpectAsync<Pong>(_ => client.Received.OfType<Pong>().Count() == pongs); // the audio has been worked on
            await Redis.PingAsync(); // and what it gave can be in Redis: an interim under way holds back the next
            time.Advance(TimeSpan.FromSeconds(0.2));
        }
        await client.ExpectAsync<Partial>(partial => partial.Revision == 2);
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);

        var interims = worker.Interims.ToArray();
        interims.Length.ShouldBeInRange(3, 10, "one a second, of ten");
        interims.Select(job => job.Revision).ShouldBe(Enumerable.Range(0, interims.Length));
        interims.Select(job => job.Segment).ShouldAllBe(segment => segment == 0);
        interims.Select(job => job.End).ShouldBe(interims.Select(job => job.End).Order());
        var final = worker.Jobs.Single();
        foreach (var interim in interims)
            final.Audio.Span.StartsWith(interim.Audio.Span).ShouldBeTrue("an interim is the beginning of its segment");
        var received = client.Received.ToList();
        received.FindLastIndex(message => message is Partial).ShouldBeLessThan(received.FindIndex(message => message is Transcript));
    }

    [Fact]
    public async Task Who_does_not_ask_gets_none()
    {
        var time = new ManualTime();
        await using var gateway = await RunningGateway.StartAsync(Server.Url, time);
        await using var worker = TestWorker.Start(Server);
        await using var client = await TestClient.ConnectAsync(gateway, "codec=pcm_s16le&sample_rate=16000");
        foreach (var message in TestAudio.Encode(TestAudio.Phrase, AudioCodec.PcmS16Le))
        {
            await client.SendAudioAsync(message);
            time.Advance(TimeSpan.FromSeconds(0.1));
        }
        await client.StopAsync();
        worker.Interims.ShouldBeEmpty();
    }
}
