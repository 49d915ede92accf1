using System.Net.WebSockets;
using Speech.Contracts.Client;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;

namespace Speech.Testing;

/// <summary>The server's side of one connection.</summary>
public sealed class FakeConnection(WebSocket socket, SessionParameters parameters, CancellationToken aborted)
{
    private readonly byte[] _buffer = new byte[1 << 16];

    public SessionParameters Parameters => parameters;

    /// <summary>The request's header of that name.</summary>
    public string? Authorization { get; init; }

    public CancellationToken Aborted => aborted;

    public Task SendReadyAsync() => SendAsync(new Ready(parameters.ClientId, 16_000, 0));

    public Task SendAsync(ServerMessage message) => parameters.Format == MessageFormat.Json
        ? SendRawAsync(message.ToJson(), WebSocketMessageType.Text)
        : SendRawAsync(message.ToMessagePack(), WebSocketMessageType.Binary);

    public Task SendRawAsync(ReadOnlyMemory<byte> bytes, WebSocketMessageType type, bool endOfMessage = true) =>
        socket.SendAsync(bytes, type, endOfMessage, aborted).AsTask();

    /// <summary>The next frame: audio, or a message; null when the client has closed.</summary>
    public async Task<(byte[]? Audio, ClientMessage? Message)?> ReceiveAsync()
    {
        var length = 0;
        while (true)
        {
            var piece = await socket.ReceiveAsync(_buffer.AsMemory(length), aborted);
            if (piece.MessageType == WebSocketMessageType.Close)
                return null;
            length += piece.Count;
            if (!piece.EndOfMessage)
                continue;
            var bytes = _buffer[..length];
            return piece.MessageType == WebSocketMessageType.Binary ? (bytes, null) : (null, ClientMessage.ReadJson(bytes));
        }
    }

    /// <summary>All audio frames up to the client's stop.</summary>
    public async Task<List<byte[]>> ReceiveUntilStopAsync()
    {
        var audio = new List<byte[]>();
        while (await ReceiveAsync() is { Message: not Stop } frame)
        {
            if (frame.Audio is not null)
                audio.Add(frame.Audio);
        }

        return audio;
    }

    public Task CloseAsync(CloseCode code, string reason) => socket.CloseOutputAsync((WebSocketCloseStatus)code, reason, aborted);

    public void Abort() => socket.Abort();
}
