using System.Net.WebSockets;
using Speech.Contracts.Server;
using Speech.EndToEnd.Tests.Support;

namespace Speech.EndToEnd.Tests;

/// <summary>
/// What telephones and browsers send, from the socket to the transcript. The vectors are a recording of AN4, made once by ffmpeg: G.711
/// without a header at 8 kHz, and WebM with Opus as a live stream, as MediaRecorder makes it.
/// </summary>
[Collection(UsesSharedFleet.Name)]
public sealed class CodecTests(SharedFleet shared)
{
    private const string Said = "enter two nine eight one";

    [Theory]
    [InlineData("spelled.mulaw", "codec=mulaw", 160)]
    [InlineData("spelled.mulaw", "codec=mulaw&sample_rate=8000", 1000)]
    [InlineData("spelled.alaw", "codec=alaw", 160)]
    [InlineData("spelled.webm", "codec=webm_opus", 700)]
    [InlineData("spelled.webm", "codec=webm_opus", 1)]
    public async Task Audio_of_telephones_and_browsers_is_transcribed(string file, string parameters, int messageBytes)
    {
        var audio = await File.ReadAllBytesAsync(Checkout.Path($"tests/Speech.EndToEnd.Tests/Vectors/{file}"));
        using var patience = new CancellationTokenSource(Until.Patience);
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"{shared.Gateway}?{parameters}"), patience.Token);
        var sending = SendAsync(socket, audio, messageBytes, patience.Token);
        var received = await ReceiveAllAsync(socket, patience.Token);
        await sending;

        received[^1].ShouldBeOfType<Done>();
        received.OfType<Warning>().ShouldBeEmpty();
        string.Concat(received.OfType<Transcript>().Select(transcript => transcript.Text)).Trim().ShouldBe(Said);
    }

    private static async Task SendAsync(ClientWebSocket socket, byte[] audio, int messageBytes, CancellationToken cancellationToken)
    {
        foreach (var message in audio.Chunk(messageBytes))
            await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
        await socket.SendAsync("""{"type":"stop"}"""u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
    }

    private static async Task<List<ServerMessage>> ReceiveAllAsync(ClientWebSocket socket, CancellationToken cancellationToken)
    {
        var received = new List<ServerMessage>();
        var buffer = new byte[64 * 1024];
        for (var length = 0; ;)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
            if (part.MessageType == WebSocketMessageType.Close)
                return received;
            length += part.Count;
            if (!part.EndOfMessage)
                continue;
            received.Add(ServerMessage.ReadJson(buffer.AsSpan(0, length)));
            length = 0;
        }
    }
}
