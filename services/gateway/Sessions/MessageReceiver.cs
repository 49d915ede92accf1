using System.Buffers;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;

namespace Speech.Gateway.Sessions;

internal enum ReceivedKind
{
    Text,
    Binary,

    /// <summary>The client's close frame; nothing follows.</summary>
    Close,

    /// <summary>More bytes than a message may have; the rest of it was not read.</summary>
    TooLarge,
}

/// <param name="Payload">The whole message, valid until the next is received.</param>
internal readonly record struct ReceivedMessage(ReceivedKind Kind, ReadOnlyMemory<byte> Payload);

/// <summary>Puts a client's messages together from their frames, in a pooled buffer that is small between large messages.</summary>
/// <param name="onBinary">Called when bytes of a binary message have come, whole or not.</param>
internal sealed class MessageReceiver(WebSocket socket, int maxMessageBytes, Action onBinary) : IDisposable
{
    private const int SmallestBuffer = 4 * 1024;
    private const int LargestKept = 64 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(SmallestBuffer);

    /// <exception cref="WebSocketException">The connection is lost.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ReceivedMessage> ReceiveAsync(CancellationToken cancellationToken)
    {
        if (_buffer.Length > LargestKept)
            Resize(SmallestBuffer, 0);
        var length = 0;
        while (true)
        {
            var frame = await socket.ReceiveAsync(_buffer.AsMemory(length), cancellationToken);
            length += frame.Count;
            if (frame.MessageType == WebSocketMessageType.Binary && frame.Count > 0)
                onBinary();
            if (frame.MessageType == WebSocketMessageType.Close)
                return new ReceivedMessage(ReceivedKind.Close, default);
            if (length > maxMessageBytes)
                return new ReceivedMessage(ReceivedKind.TooLarge, default);
            if (frame.EndOfMessage)
            {
                var kind = frame.MessageType == WebSocketMessageType.Text ? ReceivedKind.Text : ReceivedKind.Binary;
                return new ReceivedMessage(kind, _buffer.AsMemory(0, length));
            }
            if (length == _buffer.Length)
                Resize(2 * length, length);
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void Resize(int size, int used)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        _buffer.AsSpan(0, used).CopyTo(buffer);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = buffer;
    }
}
