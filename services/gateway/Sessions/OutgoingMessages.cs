using System.Buffers;
using System.Net.WebSockets;
using System.Threading.Channels;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;

namespace Speech.Gateway.Sessions;

/// <summary>
/// All that goes to one client: a bounded queue and one writer, since a WebSocket takes one frame at a time. Who sends waits when the
/// queue is full, so a client that reads slowly slows its own session down and nothing is dropped. One that takes nothing at all for
/// the set time is given up: its connection is aborted (a close frame would not get through either), and its results wait in the history.
/// </summary>
internal sealed class OutgoingMessages : IDisposable
{
    private const int QueueLength = 256;
    private const int LargestKept = 64 * 1024;

    private readonly WebSocket _socket;
    private readonly MessageFormat _format;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;
    private readonly Channel<ServerMessage> _queue;
    private Ending? _ending;

    public OutgoingMessages(WebSocket socket, MessageFormat format, TimeSpan patience, TimeProvider time)
    {
        _socket = socket;
        _format = format;
        _patience = patience;
        _time = time;
        _queue = Channel.CreateBounded<ServerMessage>(new BoundedChannelOptions(QueueLength) { SingleReader = true });
    }

    /// <summary>Queues a message; false when the connection is closing and it will not be sent.</summary>
    public async ValueTask<bool> SendAsync(ServerMessage message, CancellationToken cancellationToken)
    {
        while (await _queue.Writer.WaitToWriteAsync(cancellationToken))
        {
            if (_queue.Writer.TryWrite(message))
                return true;
        }
        return false;
    }

    /// <summary>Queues a message, unless the session ends: the close frame says what matters then.</summary>
    public async ValueTask TellAsync(ServerMessage message, CancellationToken ended)
    {
        try
        {
            await SendAsync(message, ended);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            return;
        }
    }

    /// <summary>No more messages. Those that wait are sent, then the close frame, if the ending has one.</summary>
    public void Close(Ending ending)
    {
        _ending ??= ending;
        _queue.Writer.TryComplete();
    }

    /// <summary>Writes until closed. Null when all has been written, else why it could not be.</summary>
    public async Task<string?> RunAsync()
    {
        using var patience = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
        try
        {
            var output = new ArrayBufferWriter<byte>(512);
            await foreach (var message in _queue.Reader.ReadAllAsync(CancellationToken.None))
            {
                if (output.Capacity > LargestKept)
                    output = new ArrayBufferWriter<byte>(512);
                output.ResetWrittenCount();
                Write(message, output);
                patience.CancelAfter(_patience);
                await _socket.SendAsync(output.WrittenMemory, TypeOfFrame, endOfMessage: true, patience.Token);
                patience.CancelAfter(Timeout.InfiniteTimeSpan);
            }
            patience.CancelAfter(_patience);
            if (_ending is { Code: { } code, Reason: var reason })
                await _socket.CloseOutputAsync((WebSocketCloseStatus)(int)code, CloseCodeExtensions.FitReason(reason), patience.Token);
            return null;
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            _socket.Abort();
            return $"the client has read nothing for {_patience.TotalSeconds:0.###} s";
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException)
        {
            return $"the connection was lost while sending: {e.Message}";
        }
        finally
        {
            _queue.Writer.TryComplete();
        }
    }

    public void Dispose() => _queue.Writer.TryComplete();

    private WebSocketMessageType TypeOfFrame => _format == MessageFormat.Json ? WebSocketMessageType.Text : WebSocketMessageType.Binary;

    private void Write(ServerMessage message, ArrayBufferWriter<byte> output)
    {
        if (_format == MessageFormat.Json)
            message.WriteJson(output);
        else
            message.WriteMessagePack(output);
    }
}
