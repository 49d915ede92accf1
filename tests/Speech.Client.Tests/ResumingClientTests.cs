using Speech.Audio;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;

namespace Speech.Client.Tests;

public sealed class ResumingClientTests
{
    /// <summary>Three seconds in which every 20 ms are told from all others.</summary>
    private static readonly float[] Samples = [.. Enumerable.Range(0, 3 * AudioRate.Model).Select(i => i / 320 / 300f)];

    private static readonly byte[][] Packets = [.. AudioPackets.Encode(Samples, AudioCodec.PcmS16Le).Select(packet => packet.ToArray())];

    [Theory]
    [InlineData(CloseCode.GoingAway)]
    [InlineData(CloseCode.RateLimited)]
    [InlineData(null)]
    public async Task It_comes_back_for_what_it_missed_and_sends_again_what_was_not_committed(CloseCode? ending)
    {
        var asked = new List<SessionParameters>();
        var heard = new List<byte[]>();
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await FakeGateway.StartAsync(async connection =>
        {
            asked.Add(connection.Parameters);
            if (asked.Count == 1)
            {
                await connection.SendReadyAsync();
                for (var i = 0; i < 60; i++)
                    heard.Add((await connection.ReceiveAsync())!.Value.Audio!);
                await connection.SendAsync(new Transcript(1, 0, 0, 0.9, "one", "en", 1));
                await connection.SendAsync(new Committed(1.0));
                await arrived.Task; // what is still on its way when a connection breaks off is lost, and not what is meant here
                if (ending is null)
                    connection.Abort();
                else
                    await connection.CloseAsync(ending.Value, "");
                return;
            }
            await connection.SendAsync(new Ready(connection.Parameters.ClientId, 16_000, 1.0));
            var rest = await connection.ReceiveUntilStopAsync();
            rest.ShouldBe(Packets[50..]);
            await connection.SendAsync(new Transcript(2, 1, 1, 3, "two", "en", 1));
            await connection.SendAsync(new Done());
            await connection.CloseAsync(CloseCode.Normal, "");
        });
        var client = Client(server);
        var messages = new List<ServerMessage>();
        await foreach (var message in client.TranscribeAsync(Samples, CancellationToken.None))
        {
            messages.Add(message);
            if (message is Committed)
                arrived.SetResult();
        }

        messages.OfType<Transcript>().Select(transcript => transcript.Text).ShouldBe(["one", "two"]);
        asked.Select(parameters => parameters.ResumeFrom).ShouldBe([null, 1]);
        asked[1].ClientId.ShouldBe(asked[0].ClientId);
        heard.ShouldBe(Packets[..60]);
        client.Returns.ShouldBe(1);
    }

    [Theory]
    [InlineData(CloseCode.AuthenticationFailed, "")]
    [InlineData(CloseCode.ResourceUnavailable, "another connection has taken over this client_id")]
    public async Task What_trying_again_does_not_mend_comes_out_at_once(CloseCode code, string reason)
    {
        await using var server = await FakeGateway.StartAsync(async connection =>
        {
            await connection.SendReadyAsync();
            await connection.CloseAsync(code, reason);
            await connection.ReceiveUntilStopAsync();
        });
        var client = Client(server);
        var lost = await Should.ThrowAsync<SpeechClientException>(() => client.TranscribeAsync(Samples, CancellationToken.None)
            .ToListAsync().AsTask());
        lost.CloseCode.ShouldBe(code);
        client.Returns.ShouldBe(0);
    }

    [Fact]
    public async Task A_server_that_lets_it_in_and_does_nothing_is_given_up()
    {
        await using var server = await FakeGateway.StartAsync(async connection =>
        {
            await connection.SendReadyAsync();
            await connection.ReceiveAsync();
            connection.Abort();
        });
        var client = Client(server, patience: TimeSpan.FromSeconds(0.5));
        await Should.ThrowAsync<SpeechClientException>(() => client.TranscribeAsync(Samples, CancellationToken.None).ToListAsync()
            .AsTask());
    }

    private static ResumingClient Client(FakeGateway server, TimeSpan? patience = null) => new(
        [server.Url],
        new SessionParameters { ClientId = ClientId.Create(), Codec = AudioCodec.PcmS16Le, SampleRate = AudioRate.Model },
        TimeProvider.System)
    {
        Patience = patience ?? TimeSpan.FromSeconds(30),
    };
}
