using System.Net.WebSockets;
using Speech.Contracts.Sessions;

namespace Speech.Gateway.Sessions;

/// <summary>Closes a connection for which there is no session, with the reason.</summary>
internal static class SocketRefusal
{
    /// <summary>How long the client may take to answer the close frame.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task SendAsync(
        WebSocket socket, CloseCode code, string reason, TimeProvider time, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await socket.CloseOutputAsync((WebSocketCloseStatus)(int)code, CloseCodeExtensions.FitReason(reason), either.Token);
            var scrap = new byte[1024]; // what the client had already sent
            while ((await socket.ReceiveAsync(scrap.AsMemory(), either.Token)).MessageType != WebSocketMessageType.Close)
            {
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException)
        {
            socket.Abort(); // it knows, or does not want to
        }
    }
}
