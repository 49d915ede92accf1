using Speech.Contracts.Client;
using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Gateway.Tests.Support;

namespace Speech.Gateway.Tests.Sessions;

/// <summary>Clients that stop sending, and say nothing of it.</summary>
public sealed class SilentWireTests : GatewayTest
{
    // SILENCE_THRESHOLD_SECONDS and WIRE_JITTER_SECONDS at their defaults.
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1.5) / 8;

    private readonly ManualTime _time = new();

    [Theory]
    [InlineData(AudioCodec.PcmS16Le)]
    [InlineData(AudioCodec.Opus)]
    [InlineData(AudioCodec.OggOpus)]
    public async Task Who_sends_no_more_gets_the_transcript_of_what_was_said_whatever_pings_go_on(AudioCodec codec)
    {
        await using var gateway = await RunningGateway.StartAsync(Server.Url, _time);
        await using var worker = TestWorker.Start(Server);
        await using var client = await TestClient.ConnectAsync(gateway, $"codec={codec.ToWireName()}&sample_rate=16000");
        await client.SendAudioAsync(TestAudio.Encode(TestAudio.Phrase, codec));
        (await PingUntilAsync(client, transcripts: 1)).ShouldBeGreaterThanOrEqualTo(9);
        client.Transcripts[0].End.ShouldBeInRange(1.5, 2.1);
        await client.ExpectAsync<Committed>(message => message.Until >= client.Transcripts[0].End);
    }

    [Fact]
    public async Task The_next_words_go_on_in_the_clients_audio_where_the_last_ended()
    {
        await using var gateway = await RunningGateway.StartAsync(Server.Url, _time);
        await using var worker = TestWorker.Start(Server);
        await using var client = await TestClient.ConnectAsync(gateway, "codec=pcm_s16le&sample_rate=16000");
        for (var turn = 1; turn <= 3; turn++)
        {
            await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Phrase));
            await PingUntilAsync(client, turn);
            client.Transcripts[^1].Start.ShouldBeInRange(2.0 * (turn - 1), 2.0 * turn);
            client.Transcripts[^1].End.ShouldBeLessThanOrEqualTo(2.0 * turn);
        }
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);
        client.Transcripts.Length.ShouldBe(3);
        client.Received.OfType<Committed>().Last().Until.ShouldBe(6.0);
    }

    /// <summary>Lets time pass, a tick after each ping, until there are so many transcripts.</summary>
    /// <returns>The number of pings.</returns>
    private async Task<int> PingUntilAsync(TestClient client, int transcripts)
    {
        for (var pings = 1; pings <= 1000; pings++)
        {
            // The answer says that what was sent before has been heard.
            var before = client.Received.OfType<Pong>().Count();
            await client.SendAsync(new Ping());
            await client.ExpectAsync<Pong>(_ => client.Received.OfType<Pong>().Count() > before);
            if (client.Transcripts.Length >= transcripts)
                return pings;
            _time.Advance(Tick);
        }
        throw new TimeoutException($"Waited in vain for {transcripts} transcripts.");
    }
}
