using Speech.Contracts;

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
        var phrase = TestAudio.Pcm16(TestAudio.Phrase);
        var sent = 0;
        await SendUntilAsync(1.0);
        await client.ExpectAsync<SpeechStarted>();
        foreach (var (revision, until) in new[] { (0, 1.3), (1, 1.6), (2, 1.9) })
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await SendUntilAsync(until);
            await client.ExpectAsync<Partial>(partial => partial.Revision == revision);
        }
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);

        var interims = worker.Interims.ToArray();
        interims.Select(job => job.Revision).ShouldBe([0, 1, 2]);
        interims.Select(job => job.Segment).ShouldAllBe(segment => segment == 0);
        interims.Select(job => job.End).ShouldBe(interims.Select(job => job.End).Order());
        var final = worker.Jobs.Single();
        foreach (var interim in interims)
            final.Audio.Span.StartsWith(interim.Audio.Span).ShouldBeTrue("an interim is the beginning of its segment");

        async Task SendUntilAsync(double seconds)
        {
            var end = (int)(seconds * 16000) * 2;
            await client.SendAudioAsync(phrase.AsMemory(sent, end - sent));
            sent = end;
        }
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
