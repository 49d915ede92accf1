using Speech.Contracts.Client;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Gateway.Tests.Support;

namespace Speech.Gateway.Tests.Sessions;

public sealed class EndingTests : GatewayTest
{
    private const string Pcm = "codec=pcm_s16le&sample_rate=16000";

    [Theory]
    [InlineData("hello", "invalid_message", "A text message is left alone: not valid JSON")]
    [InlineData("[]", "invalid_message", "A text message is left alone: expected an object, found an array")]
    [InlineData("{}", "invalid_message", "A text message is left alone: the field 'type' is missing")]
    [InlineData("""{"type":"dance"}""", "unknown_message", "A message of unknown type 'dance' is left alone; known are flush, stop, ping.")]
    [InlineData("""{"type":"a\nb\u001b[31m"}""", "unknown_message", @"A message of unknown type 'a\u000ab\u001b[31m' is left alone; known are flush, stop, ping.")]
    public async Task A_text_that_is_none_of_the_protocol_is_warned_of_and_the_session_goes_on(string message, string code, string text)
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Pcm);
        await client.SendTextAsync(message);
        (await client.ExpectAsync<Warning>()).ShouldBe(new Warning(code, text));
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);
    }

    [Fact]
    public async Task A_type_that_is_not_known_is_warned_of_once_and_only_so_many_of_them()
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Pcm);
        for (var i = 0; i < 100; i++)
            await client.SendTextAsync($$"""{"type":"dance{{i % 50}}"}""");
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);
        client.Received.OfType<Warning>().Count(warning => warning.Code == "unknown_message").ShouldBe(8);
    }

    [Fact]
    public async Task A_client_that_sends_nothing_but_nonsense_is_closed_with_4003()
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Pcm);
        for (var i = 0; i < 20; i++)
            await client.SendTextAsync("nonsense");
        (await client.ExpectCloseAsync()).ShouldBe(CloseCode.InvalidMessage);
        client.CloseReason.ShouldBe("20 messages that are none of this protocol, the last: not valid JSON");
        client.Received.OfType<Warning>().Count().ShouldBe(19);
    }

    [Theory]
    [InlineData("opus", "OggS and so on", "codec is opus, but this is an Ogg stream: use codec=ogg_opus")]
    [InlineData("pcm_s16le", "RIFF and so on",
        "codec is pcm_s16le, but this is a WAV file: send its samples without the header, as pcm_s16le or pcm_f32le")]
    [InlineData("opus", "\0\0\0\u0018ftypM4A and so on",
        "codec is opus, but this is an M4A (MP4) file: convert it, ffmpeg -i FILE -c:a libopus -f ogg OUT, or send samples")]
    [InlineData("ogg_opus", "fLaC and so on",
        "codec is ogg_opus, but this is a FLAC file: convert it, ffmpeg -i FILE -c:a libopus -f ogg OUT, or send samples")]
    [InlineData("webm_opus", "OggS and so on", "codec is webm_opus, but this is an Ogg stream: use codec=ogg_opus")]
    [InlineData("mulaw", "RIFF and so on",
        "codec is mulaw, but this is a WAV file: send its samples without the header, as pcm_s16le or pcm_f32le")]
    public async Task Another_container_than_promised_is_recognised(string codec, string start, string reason)
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, $"codec={codec}&sample_rate=16000");
        await client.SendAudioAsync(System.Text.Encoding.ASCII.GetBytes(start));
        (await client.ExpectCloseAsync()).ShouldBe(CloseCode.InvalidMessage);
        client.CloseReason.ShouldBe(reason);
    }

    [Fact]
    public async Task A_container_is_recognised_also_when_it_comes_byte_by_byte()
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, "codec=opus");
        await client.SendAudioAsync("fLaC"u8.ToArray().Chunk(1).ToArray());
        (await client.ExpectCloseAsync()).ShouldBe(CloseCode.InvalidMessage);
        client.CloseReason.ShouldNotBeNull().ShouldContain("this is a FLAC file");
    }

    [Theory]
    [InlineData("opus", "None of the first 1 messages is an Opus packet")]
    [InlineData("ogg_opus", "None of the 5 bytes is Ogg Opus")]
    public async Task What_held_no_audio_at_all_does_not_end_in_done(string codec, string reason)
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, $"codec={codec}");
        await client.SendAudioAsync(new byte[] { 255, 255, 255, 255, 255 });
        await client.SendAsync(new Stop());
        (await client.ExpectCloseAsync()).ShouldBe(CloseCode.InvalidMessage);
        client.CloseReason.ShouldNotBeNull().ShouldContain(reason);
        client.Received.OfType<Done>().ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_no_Ogg_stream_at_all_is_refused_in_time()
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, "codec=ogg_opus");
        await client.SendAudioAsync(new byte[600 * 1024]);
        (await client.ExpectCloseAsync()).ShouldBe(CloseCode.InvalidMessage);
        client.CloseReason.ShouldNotBeNull().ShouldContain("not an Ogg Opus stream");
    }

    [Fact]
    public async Task A_message_that_is_too_large_is_not_even_read_to_its_end()
    {
        await using var gateway = await StartGatewayAsync("MAX_MESSAGE_BYTES=2000");
        await using var client = await TestClient.ConnectAsync(gateway, Pcm);
        await client.SendAudioAsync(new byte[2000]);
        await client.SendAudioAsync(new byte[20_000]);
        (await client.ExpectCloseAsync()).ShouldBe(CloseCode.InvalidMessage);
        client.CloseReason.ShouldBe("a message of more than 2000 bytes");
    }

    [Fact]
    public async Task Audio_after_stop_is_an_error()
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Pcm); // without a worker, stop waits
        await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Phrase));
        await client.SendAsync(new Stop());
        await client.SendAsync(new Ping());
        await client.ExpectAsync<Pong>();
        await client.SendAudioAsync(new byte[640]);
        (await client.ExpectCloseAsync()).ShouldBe(CloseCode.InvalidMessage);
        client.CloseReason.ShouldBe("audio after stop");
    }

    [Fact]
    public async Task A_client_of_whom_nothing_is_heard_is_closed_with_4006()
    {
        var time = new ManualTime();
        await using var gateway = await RunningGateway.StartAsync(Server.Url, time, "CLIENT_TIMEOUT_SECONDS=30");
        await using var client = await TestClient.ConnectAsync(gateway, Pcm);
        await client.ExpectAsync<Ready>();
        time.Advance(TimeSpan.FromSeconds(29));
        await client.SendAsync(new Ping());
        await client.ExpectAsync<Pong>();
        time.Advance(TimeSpan.FromSeconds(29));
        client.CloseCode.ShouldBeNull();
        await client.SendAsync(new Ping());
        await Eventually.TrueAsync(() => client.Received.OfType<Pong>().Count() == 2);

        // The gateway is reading again at some moment after it sent the answer; until then the time that passes does not count. After it no
        // more may pass: closing needs some, too.
        for (var round = 0; round < 4 && client.CloseCode is null; round++)
        {
            time.Advance(TimeSpan.FromSeconds(30));
            await Task.WhenAny(client.ExpectEndAsync(), Task.Delay(TimeSpan.FromSeconds(5)));
        }
        client.CloseCode.ShouldBe(CloseCode.ClientTimeout);
        client.CloseReason.ShouldBe("nothing was received for 30 s");
    }

    [Fact]
    public async Task Results_that_do_not_come_after_stop_are_waited_for_only_so_long()
    {
        var time = new ManualTime();
        await using var gateway = await RunningGateway.StartAsync(Server.Url, time, "RESULT_TIMEOUT_SECONDS=77");
        await using var client = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=eve");
        await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Phrase));
        await client.SendAsync(new Stop());
        await client.ExpectAsync<Committed>(committed => committed.Until == 2.0);
        await Eventually.TrueAsync(() =>
        {
            // Once, or twice: the gateway waits until the segment is in Redis, and then for its result.
            time.TryAdvanceToEndOf(TimeSpan.FromSeconds(77));
            return client.CloseCode is not null;
        });

        client.CloseCode.ShouldBe(CloseCode.InternalError);
        client.CloseReason.ShouldBe("1 results did not come in time; reconnect with resume_from=0");
        client.Received.OfType<Warning>().ShouldContain(warning => warning.Code == "results_outstanding");
        client.Received.OfType<Done>().ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_said_last_is_queued_when_the_connection_breaks()
    {
        await using var gateway = await StartGatewayAsync("RESUME_SECONDS=0.05");
        await using var client = await TestClient.ConnectAsync(gateway, "codec=opus");
        await client.SendAudioAsync(TestAudio.Encode(TestAudio.Phrase, AudioCodec.Opus));
        await client.ExpectAsync<SpeechStarted>();
        client.Abort();

        await Eventually.TrueAsync(async () => (await QueuedAsync()).Length == 1);
        await Eventually.TrueAsync(() => gateway.Sessions == 0);
        (await QueuedAsync()).Single().Segment.ShouldBe(0);
    }

    [Fact]
    public async Task Shutdown_queues_what_was_said_last_and_says_goodbye_with_1001()
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Pcm);
        await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Phrase));
        await client.ExpectAsync<SpeechStarted>();
        var stopped = gateway.StopAsync();

        (await client.ExpectCloseAsync()).ShouldBe(CloseCode.GoingAway);
        await stopped;
        (await QueuedAsync()).ShouldHaveSingleItem().End.ShouldBe(2.0);
    }

    [Fact]
    public async Task Damage_is_reported_and_does_not_end_the_session()
    {
        await using var gateway = await StartGatewayAsync();
        await using var worker = TestWorker.Start(Server);
        await using var client = await TestClient.ConnectAsync(gateway, "codec=opus");
        var packets = TestAudio.Encode(TestAudio.Phrase, AudioCodec.Opus);
        for (var i = 20; i < 40; i += 5)
            packets[i] = [0xFF, 0xFF, 0xFF];
        await client.SendAudioAsync(packets);
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);

        var warnings = client.Received.OfType<Warning>().ToArray();
        warnings.ShouldAllBe(warning => warning.Code == "audio_damaged");
        warnings.Select(warning => warning.Message[..1]).ShouldBe(["1", "4"], "at once, and the rest when the session ends");
        client.Transcripts.Length.ShouldBe(1);
    }

    [Fact]
    public async Task Half_a_sample_at_the_end_is_reported()
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Pcm);
        await client.SendAudioAsync(new byte[641]);
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);
        client.Received.OfType<Warning>().Single().Code.ShouldBe("audio_truncated");
    }
}
