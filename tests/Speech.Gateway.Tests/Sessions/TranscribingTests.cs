using System.Net.WebSockets;
using Speech.Contracts.Client;
using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Gateway.Audio;
using Speech.Gateway.Tests.Support;
using Speech.Vad;

namespace Speech.Gateway.Tests.Sessions;

public sealed class TranscribingTests : GatewayTest
{
    [Theory]
    [InlineData(AudioCodec.Opus)]
    [InlineData(AudioCodec.OggOpus)]
    [InlineData(AudioCodec.PcmS16Le)]
    [InlineData(AudioCodec.PcmF32Le)]
    public async Task A_recording_becomes_segments_that_hold_all_its_speech(AudioCodec codec)
    {
        await using var gateway = await StartGatewayAsync();
        await using var worker = TestWorker.Start(Server);
        var messages = TestAudio.Encode(TestAudio.Jfk, codec);
        var heard = TestAudio.Decode(messages, codec);

        await using var client = await TestClient.ConnectAsync(
            gateway, $"codec={codec.ToWireName()}&sample_rate=16000&language=en&prompt=caf%C3%A9+Opus&translate=fr,es&words=true");
        await client.SendAudioAsync(messages);
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);

        var jobs = worker.Jobs.ToArray();
        jobs.Length.ShouldBeGreaterThan(1, "there are pauses");
        jobs.Select(job => job.Segment).ShouldBe(Enumerable.Range(0, jobs.Length));
        foreach (var job in jobs)
        {
            job.Language.ShouldBe("en");
            job.Prompt.ShouldBe("café Opus");
            job.Translate.ShouldBe(["fr", "es"]);
            job.Words.ShouldBeTrue();
            var (start, end) = ((int)Math.Round(job.Start * 16000), (int)Math.Round(job.End * 16000));
            job.Audio.ToArray().ShouldBe(TestAudio.Pcm16(heard.AsSpan(start, end - start)));
        }
        foreach (var window in SpeechIn(heard))
            jobs.ShouldContain(job => job.Start <= window && window + 0.032 <= job.End, $"speech at {window:0.00} s is in no segment");

        client.Transcripts.Select(transcript => transcript.Text).ShouldBe(jobs.Select(TestWorker.TextOf));
        client.Transcripts.Select(transcript => transcript.Seq).ShouldBe(Enumerable.Range(1, jobs.Length).Select(seq => (long)seq));
    }

    [Fact]
    public async Task Messages_come_in_the_order_of_what_they_tell()
    {
        await using var gateway = await StartGatewayAsync();
        await using var worker = TestWorker.Start(Server);
        await using var client = await TestClient.ConnectAsync(gateway, "client_id=ann&codec=pcm_s16le&sample_rate=16000");
        await client.SendAudioAsync(TestAudio.Encode(TestAudio.Jfk, AudioCodec.PcmS16Le));
        await client.StopAsync();

        client.SubProtocol.ShouldBe("speech.v1");
        client.Received[0].ShouldBe(new Ready("ann", 16000, 0));
        client.Received[^1].ShouldBe(new Done());
        var committed = client.Received.OfType<Committed>().Select(message => message.Until).ToArray();
        committed.ShouldBe(committed.Order());
        committed[^1].ShouldBe(11.0, "all of the recording");
        foreach (var transcript in client.Transcripts)
        {
            var received = client.Received.ToList();
            var started = received.FindIndex(message => message is SpeechStarted { } speech && speech.Segment == transcript.Segment);
            received.IndexOf(transcript).ShouldBeGreaterThan(started);
            ((SpeechStarted)received[started]).Start.ShouldBe(transcript.Start);
            committed.ShouldContain(transcript.End);
        }
    }

    [Fact]
    public async Task Results_come_in_segment_order_though_the_last_is_finished_first()
    {
        await using var gateway = await StartGatewayAsync();
        await using var worker = TestWorker.StartBackwards(Server, count: 4);
        await using var client = await TestClient.ConnectAsync(gateway, "codec=opus");
        await client.SendAudioAsync(TestAudio.Encode(TestAudio.Repeat(TestAudio.Phrase, 4), AudioCodec.Opus));
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);

        worker.Jobs.Count.ShouldBe(4);
        client.Transcripts.Select(transcript => transcript.Segment).ShouldBe([0, 1, 2, 3]);
        client.Transcripts.Select(transcript => transcript.Text)
            .ShouldBe(worker.Jobs.OrderBy(job => job.Segment).Select(TestWorker.TextOf));
    }

    [Fact]
    public async Task Flush_ends_the_open_segment_at_once()
    {
        await using var gateway = await StartGatewayAsync();
        await using var worker = TestWorker.Start(Server);
        await using var client = await TestClient.ConnectAsync(gateway, "codec=pcm_s16le&sample_rate=16000");
        await client.SendAudioAsync(TestAudio.Encode(TestAudio.Phrase, AudioCodec.PcmS16Le));
        await client.SendAsync(new Flush());

        var transcript = await client.ExpectAsync<Transcript>();
        transcript.Segment.ShouldBe(0);
        await client.ExpectAsync<Committed>(committed => committed.Until == 2.0);

        await client.SendAudioAsync(TestAudio.Encode(TestAudio.Phrase, AudioCodec.PcmS16Le));
        await client.StopAsync();
        client.Transcripts.Select(next => next.Segment).ShouldBe([0, 1]);
        client.Transcripts[1].Start.ShouldBeGreaterThanOrEqualTo(transcript.End);
    }

    [Fact]
    public async Task The_other_format_is_the_same_messages_in_MessagePack()
    {
        await using var gateway = await StartGatewayAsync();
        await using var worker = TestWorker.Start(Server);
        await using var client = await TestClient.ConnectAsync(gateway, "codec=opus&format=msgpack&client_id=bob");
        await client.SendAudioAsync(TestAudio.Encode(TestAudio.Phrase, AudioCodec.Opus));
        await client.SendAsync(new Ping());
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);

        client.FrameTypes.ShouldBe([WebSocketMessageType.Binary]);
        client.Received[0].ShouldBe(new Ready("bob", 16000, 0));
        client.Received.OfType<Pong>().Count().ShouldBe(1);
        client.Transcripts.Single().Text.ShouldBe(TestWorker.TextOf(worker.Jobs.Single()));
        client.Received[^1].ShouldBe(new Done());
    }

    [Fact]
    public async Task Stop_without_any_speech_is_done_at_once()
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, "codec=pcm_s16le&sample_rate=16000");
        await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Silence(2)));
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);

        client.Received.Select(message => message.Type).ShouldBe(["ready", "committed", "done"]);
        client.Received.OfType<Committed>().Single().Until.ShouldBe(2.0);
    }

    private static List<double> SpeechIn(float[] samples)
    {
        var vad = VoiceDetector.Load(Checkout.Path("shared/models"));
        var state = new SileroVadState();
        var speech = new List<double>();
        for (var start = 0; start + SileroVad.WindowLength <= samples.Length; start += SileroVad.WindowLength)
        {
            if (vad.Process(state, samples.AsSpan(start, SileroVad.WindowLength)) >= 0.5f)
                speech.Add(start / 16000.0);
        }
        return speech;
    }
}
