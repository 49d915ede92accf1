using System.Net.WebSockets;
using Speech.Contracts;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;

namespace Speech.Client.Tests;

public sealed class SpeechClientTests
{
    private static readonly byte[] Packet = [1, 2, 3];
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(MessageFormat.Json)]
    [InlineData(MessageFormat.MessagePack)]
    public async Task Messages_arrive_in_order_and_end_with_done(MessageFormat format)
    {
        await using var server = await FakeGateway.StartEchoAsync();
        await using var client = await SpeechClient.ConnectAsync(Options(server.Url, format));

        var messages = await ToListAsync(client.TranscribeAsync(Packets(50), realTime: false));

        messages.Select(message => message.Type).ShouldBe(["ready", "speech_started", "transcript", "done"]);
        messages.OfType<Transcript>().Single().ShouldBe(new Transcript(1, 0, 0, 1.0, " one two", "en", 0.9));
    }

    [Fact]
    public async Task The_session_parameters_reach_the_server_and_the_urls_own_query_is_kept()
    {
        var seen = new TaskCompletionSource<SessionParameters>();
        await using var server = await FakeGateway.StartAsync(async connection =>
        {
            seen.SetResult(connection.Parameters);
            await connection.SendReadyAsync();
            await connection.ReceiveUntilStopAsync();
        });
        var session = new SessionParameters
        {
            ClientId = "me",
            Codec = AudioCodec.PcmS16Le,
            SampleRate = 16_000,
            Language = "fr",
            Interim = true,
            Translate = ["en", "es"],
        };
        await using var client = await SpeechClient.ConnectAsync(new SpeechClientOptions
        {
            Url = new UriBuilder(server.Url) { Query = "resume_from=7" }.Uri,
            Session = session,
        });

        client.Ready.ClientId.ShouldBe("me");
        (await seen.Task).ToQuery().ShouldBe((session with { ResumeFrom = 7 }).ToQuery());
    }

    [Fact]
    public async Task A_token_travels_as_a_header_and_not_in_the_url()
    {
        string? shown = null;
        await using var server = await FakeGateway.StartAsync(async connection =>
        {
            shown = connection.Authorization;
            await connection.SendReadyAsync();
            await connection.ReceiveUntilStopAsync();
        });
        await using var client = await SpeechClient.ConnectAsync(Options(server.Url) with { Token = "a-key" });

        shown.ShouldBe("Bearer a-key");
    }

    [Fact]
    public async Task A_message_in_many_frames_is_one_message()
    {
        await using var server = await FakeGateway.StartAsync(async connection =>
        {
            await connection.SendReadyAsync();
            var json = new Transcript(1, 0, 0, 1, new string('x', 20_000), "en", 1).ToJson();
            foreach (var piece in json.Chunk(999))
                await connection.SendRawAsync(piece, WebSocketMessageType.Text, endOfMessage: false);
            await connection.SendRawAsync(default, WebSocketMessageType.Text);
            await connection.SendAsync(new Done());
        });
        await using var client = await SpeechClient.ConnectAsync(Options(server.Url));

        var messages = await ToListAsync(client.ReadAllAsync(None));

        messages.OfType<Transcript>().Single().Text.Length.ShouldBe(20_000);
    }

    [Theory]
    [InlineData(CloseCode.AtCapacity, "full", "full (close code 4000)")]
    [InlineData(CloseCode.InvalidMessage, "not an Opus packet", "not an Opus packet (close code 4003)")]
    [InlineData(CloseCode.InternalError, "", "internal error (close code 1011)")]
    [InlineData(CloseCode.Normal, "", "no reason given (close code 1000)")]
    public async Task A_close_before_done_tells_code_and_reason(CloseCode code, string reason, string message)
    {
        await using var server = await FakeGateway.StartAsync(async connection =>
        {
            await connection.SendReadyAsync();
            await connection.ReceiveAsync();
            await connection.CloseAsync(code, reason);
            await connection.ReceiveUntilStopAsync();
        });
        await using var client = await SpeechClient.ConnectAsync(Options(server.Url));

        // Endless audio: the sender must be stopped by the reader.
        var error = await Should.ThrowAsync<SpeechClientException>(() => ToListAsync(
            client.TranscribeAsync(Packets(int.MaxValue), realTime: true)));

        error.CloseCode.ShouldBe(code);
        error.Reason.ShouldBe(reason);
        error.Message.ShouldEndWith(message);
    }

    [Fact]
    public async Task A_refusal_before_ready_tells_code_and_reason()
    {
        await using var server = await FakeGateway.StartAsync(
            connection => connection.CloseAsync(CloseCode.AuthenticationFailed, "the token has expired"));
        var error = await Should.ThrowAsync<SpeechClientException>(() => SpeechClient.ConnectAsync(Options(server.Url)));
        error.CloseCode.ShouldBe(CloseCode.AuthenticationFailed);
        error.Message.ShouldContain("the token has expired");
    }

    [Fact]
    public async Task A_connection_that_breaks_is_reported()
    {
        await using var server = await FakeGateway.StartAsync(async connection =>
        {
            await connection.SendReadyAsync();
            await connection.ReceiveAsync();
            connection.Abort();
        });
        await using var client = await SpeechClient.ConnectAsync(Options(server.Url));
        var error = await Should.ThrowAsync<SpeechClientException>(() => ToListAsync(
            client.TranscribeAsync(Packets(int.MaxValue), realTime: true)));
        error.Message.ShouldContain("connection to the server was lost");
        error.CloseCode.ShouldBeNull();
    }

    [Fact]
    public async Task Nobody_at_the_address_is_said_with_what_to_do()
    {
        var error = await Should.ThrowAsync<SpeechClientException>(() => SpeechClient.ConnectAsync(Options(FakeGateway.UnusedUrl())));
        error.Message.ShouldContain("is ./speech up running?");
    }

    [Theory]
    [InlineData("/elsewhere", "HTTP 404")]
    [InlineData("/locked", "credentials (HTTP 401)")]
    public async Task A_refusal_by_http_is_explained(string path, string message)
    {
        await using var server = await FakeGateway.StartEchoAsync();
        var url = new UriBuilder(server.Url) { Path = path }.Uri;
        var error = await Should.ThrowAsync<SpeechClientException>(() => SpeechClient.ConnectAsync(Options(url)));
        error.Message.ShouldContain(message);
    }

    [Fact]
    public async Task A_server_that_is_never_ready_is_given_up()
    {
        await using var server = await FakeGateway.StartAsync(connection => connection.ReceiveAsync());
        var options = Options(server.Url) with { ConnectTimeout = TimeSpan.FromMilliseconds(200) };
        var error = await Should.ThrowAsync<SpeechClientException>(() => SpeechClient.ConnectAsync(options));
        error.Message.ShouldContain("was not ready within 0.2 s");
    }

    [Fact]
    public async Task A_server_that_stays_silent_after_stop_is_given_up()
    {
        await using var server = await FakeGateway.StartAsync(async connection =>
        {
            await connection.SendReadyAsync();
            await connection.ReceiveUntilStopAsync();
            await connection.ReceiveAsync();
        });
        await using var client = await SpeechClient.ConnectAsync(
            Options(server.Url) with { ReplyTimeout = TimeSpan.FromMilliseconds(200) });
        var error = await Should.ThrowAsync<SpeechClientException>(() => ToListAsync(client.TranscribeAsync(Packets(3), realTime: false)));
        error.Message.ShouldContain("said nothing for 0.2 s");
    }

    [Fact]
    public async Task Audio_that_cannot_be_made_ends_it_with_its_own_error()
    {
        await using var server = await FakeGateway.StartEchoAsync();
        await using var client = await SpeechClient.ConnectAsync(Options(server.Url));
        await Should.ThrowAsync<InvalidTimeZoneException>(() => ToListAsync(client.TranscribeAsync(Broken(), realTime: false)));

        static IEnumerable<ReadOnlyMemory<byte>> Broken()
        {
            yield return Packet;
            throw new InvalidTimeZoneException();
        }
    }

    [Fact]
    public async Task A_message_of_no_known_type_is_an_error()
    {
        await using var server = await FakeGateway.StartAsync(async connection =>
        {
            await connection.SendReadyAsync();
            await connection.SendRawAsync("{\"type\":\"gossip\"}"u8.ToArray(), WebSocketMessageType.Text);
            await connection.ReceiveUntilStopAsync();
        });
        await using var client = await SpeechClient.ConnectAsync(Options(server.Url));
        await Should.ThrowAsync<MalformedMessageException>(() => ToListAsync(client.ReadAllAsync(None)));
    }

    [Fact]
    public async Task A_cancelled_transcription_ends_at_once()
    {
        await using var server = await FakeGateway.StartEchoAsync();
        await using var client = await SpeechClient.ConnectAsync(Options(server.Url));
        using var cancellation = new CancellationTokenSource();
        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            await foreach (var message in client.TranscribeAsync(
                Packets(int.MaxValue), realTime: true, cancellationToken: cancellation.Token))
                await cancellation.CancelAsync();
        });
    }

    [Fact]
    public async Task Audio_in_real_time_does_not_drift_though_timers_are_late()
    {
        await using var server = await FakeGateway.StartEchoAsync();
        var clock = new ManualClock(timersAreLateBy: TimeSpan.FromMilliseconds(7));
        await using var client = await SpeechClient.ConnectAsync(Options(server.Url), clock);
        var start = clock.GetTimestamp();

        await ToListAsync(client.TranscribeAsync(Packets(500), realTime: true));

        // Ten seconds of audio: late by one timer, not by five hundred.
        clock.GetElapsedTime(start).ShouldBe(TimeSpan.FromSeconds(10) + TimeSpan.FromMilliseconds(7));
    }

    [Fact]
    public void What_was_sent_when_is_known_for_every_moment()
    {
        var clock = new ManualClock(TimeSpan.Zero);
        var sent = new SentAudio(clock);
        sent.Since(1, clock.GetTimestamp()).ShouldBeNull();
        for (var packet = 0; packet < 3; packet++)
        {
            using var wait = clock.CreateTimer(_ => { }, null, AudioPackets.Duration, Timeout.InfiniteTimeSpan);
            sent.Add();
        }

        var now = clock.GetTimestamp();
        sent.Position.ShouldBe(TimeSpan.FromMilliseconds(60));
        (double Position, double Ago)[] expected = [(0, 40), (0.001, 40), (0.02, 40), (0.0201, 20), (0.04, 20), (0.06, 0)];
        foreach (var (position, ago) in expected)
            sent.Since(position, now).ShouldBe(TimeSpan.FromMilliseconds(ago), $"at {position}");
        sent.Since(0.0601, now).ShouldBeNull("it was not yet sent");
        sent.Complete();
        sent.Since(0.0601, now).ShouldBe(TimeSpan.Zero);
    }

    private static SpeechClientOptions Options(Uri url, MessageFormat format = MessageFormat.Json) =>
        new() { Url = url, Session = new SessionParameters { ClientId = ClientId.Create(), Format = format } };

    private static IEnumerable<ReadOnlyMemory<byte>> Packets(int count) => Enumerable.Repeat((ReadOnlyMemory<byte>)Packet, count);

    private static async Task<List<ServerMessage>> ToListAsync(IAsyncEnumerable<ServerMessage> messages)
    {
        var list = new List<ServerMessage>();
        await foreach (var message in messages)
            list.Add(message);
        return list;
    }
}
