using System.Buffers;
using System.Net;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using Speech.Contracts;
using Speech.Contracts.Client;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;

namespace Speech.Client;

/// <summary>
/// One connection to a gateway, in the protocol <c>speech.v1</c>: audio goes in, messages come out, until the server is done. One sender
/// and one reader may work at the same time; both must, since a gateway under load may stop reading until it has been read from.
/// </summary>
public sealed class SpeechClient : IAsyncDisposable
{
    private const int ReceiveBytes = 4096;

    /// <summary>A connection that fails while we send usually has a close frame on its way that says why.</summary>
    private static readonly TimeSpan GraceForCloseFrame = TimeSpan.FromSeconds(1);

    private readonly ClientWebSocket _socket = new();
    private readonly SpeechClientOptions _options;
    private readonly TimeProvider _clock;
    private readonly ArrayBufferWriter<byte> _received = new(ReceiveBytes);

    // Ends the reader's wait: for a server that stays silent after stop, and for a sender that failed.
    private readonly CancellationTokenSource _giveUp;
    private volatile Exception? _sendFailure;
    private volatile bool _stopSent;

    private SpeechClient(SpeechClientOptions options, TimeProvider clock)
    {
        _options = options;
        _clock = clock;
        _giveUp = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        _socket.Options.CollectHttpResponseDetails = true;
        if (options.Token is { } token)
            _socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");

        // A server that has gone without a word (a cable, a sleeping laptop) is noticed by its missing pongs.
        _socket.Options.KeepAliveInterval = options.KeepAliveInterval;
        _socket.Options.KeepAliveTimeout = 2 * options.KeepAliveInterval;
    }

    /// <summary>The server's first message.</summary>
    public Ready Ready { get; private set; } = null!;

    /// <summary>Connects, and waits until the server is ready.</summary>
    /// <exception cref="SpeechClientException">Nobody answers, or the server does not want us; the message says what and why.</exception>
    public static async Task<SpeechClient> ConnectAsync(
        SpeechClientOptions options, TimeProvider? clock = null, CancellationToken cancellationToken = default)
    {
        var client = new SpeechClient(options, clock ?? TimeProvider.System);
        try
        {
            await client.OpenAsync(cancellationToken);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Sends packets, then <c>stop</c>, while it hands over the server's messages, <see cref="Ready"/> first; ends after
    /// <see cref="Done"/>.
    /// </summary>
    /// <param name="packets">Of 20 ms, see <see cref="AudioPackets"/>; taken one at a time.</param>
    /// <param name="realTime">Send each packet when a microphone would have it; else as fast as the server takes them.</param>
    /// <param name="sent">Learns when each packet was sent.</param>
    /// <param name="cancellationToken">Hangs up.</param>
    /// <exception cref="SpeechClientException">The connection ended before the server was done, or a time limit passed.</exception>
    /// <exception cref="MalformedMessageException">The server sent something that is not of this protocol.</exception>
    public async IAsyncEnumerable<ServerMessage> TranscribeAsync(
        IEnumerable<ReadOnlyMemory<byte>> packets,
        bool realTime,
        SentAudio? sent = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var stopSending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sending = Task.Run(() => SendAllAsync(packets, realTime, sent, stopSending.Token), CancellationToken.None);
        try
        {
            await foreach (var message in ReadAllAsync(cancellationToken))
                yield return message;
        }
        finally
        {
            await stopSending.CancelAsync();
            await sending;
        }
    }

    /// <summary>Sends one binary frame of audio.</summary>
    public Task SendAudioAsync(ReadOnlyMemory<byte> audio, CancellationToken cancellationToken) =>
        SendAsync(audio, WebSocketMessageType.Binary, cancellationToken);

    /// <summary>Ends the segment that is going on.</summary>
    public Task FlushAsync(CancellationToken cancellationToken) =>
        SendAsync(new Flush().ToJson(), WebSocketMessageType.Text, cancellationToken);

    /// <summary>Tells the server that no more audio comes; from here on it must not stay silent for long.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await SendAsync(new Stop().ToJson(), WebSocketMessageType.Text, cancellationToken);
        _stopSent = true;
        _giveUp.CancelAfter(_options.ReplyTimeout);
    }

    /// <summary>The server's messages, <see cref="Ready"/> first and <see cref="Done"/> last.</summary>
    /// <exception cref="SpeechClientException">The connection ended before, or the server stayed silent after <c>stop</c>.</exception>
    public async IAsyncEnumerable<ServerMessage> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return Ready;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _giveUp.Token);
        while (true)
        {
            ServerMessage message;
            try
            {
                message = await ReceiveAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw _sendFailure is { } failure
                    ? Lost(failure)
                    : new SpeechClientException($"The server has said nothing for {_options.ReplyTimeout.TotalSeconds:0.#} s, though there should be more to come.");
            }

            if (_stopSent)
                _giveUp.CancelAfter(_options.ReplyTimeout);
            yield return message;
            if (message is Done)
            {
                await CloseAsync();
                yield break;
            }
        }
    }

    /// <summary>Cuts the connection without a word.</summary>
    public void Abort() => _socket.Abort();

    /// <summary>Cuts off whatever still goes on.</summary>
    public ValueTask DisposeAsync()
    {
        // After a closing handshake there is nothing to cut.
        _socket.Abort();
        _socket.Dispose();
        _giveUp.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.ConnectTimeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        var url = new UriBuilder(_options.Url);
        url.Query = url.Query.Length > 1 ? $"{url.Query}&{_options.Session.ToQuery()}" : _options.Session.ToQuery();
        try
        {
            await _socket.ConnectAsync(url.Uri, either.Token);
            var first = await ReceiveAsync(either.Token);
            Ready = first as Ready
                ?? throw new SpeechClientException($"The server at {_options.Url} began with '{first.Type}', it should have been 'ready'.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SpeechClientException(
                $"The server at {_options.Url} was not ready within {_options.ConnectTimeout.TotalSeconds:0.#} s.");
        }
        catch (WebSocketException refused)
        {
            throw new SpeechClientException(DescribeRefusal(refused), refused);
        }
    }

    private string DescribeRefusal(WebSocketException refused) => _socket.HttpStatusCode switch
    {
        0 => $"No server answers at {_options.Url} ({refused.GetBaseException().Message}): is ./speech up running?",
        HttpStatusCode.NotFound => $"The server at {_options.Url} knows no such path (HTTP 404): a gateway's is /ws.",
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
            $"The server at {_options.Url} wants credentials (HTTP {(int)_socket.HttpStatusCode}).",
        var status => $"The server at {_options.Url} refused the connection (HTTP {(int)status}).",
    };

    private async Task SendAllAsync(
        IEnumerable<ReadOnlyMemory<byte>> packets, bool realTime, SentAudio? sent, CancellationToken cancellationToken)
    {
        try
        {
            var start = _clock.GetTimestamp();
            var due = TimeSpan.Zero;
            foreach (var packet in packets)
            {
                // Due times count from the start, so that late timers do not add up; a packet exists when its last sample has been spoken.
                due += AudioPackets.Duration;
                if (realTime && due - _clock.GetElapsedTime(start) is var wait && wait > TimeSpan.Zero)
                    await Task.Delay(wait, _clock, cancellationToken);
                await SendAudioAsync(packet, cancellationToken);
                sent?.Add();
            }

            sent?.Complete();
            await StopAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The reader has ended, for a reason of its own.
        }
        catch (Exception failure)
        {
            _sendFailure = failure;
            _giveUp.CancelAfter(GraceForCloseFrame);
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> frame, WebSocketMessageType type, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.SendTimeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await _socket.SendAsync(frame, type, endOfMessage: true, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SpeechClientException($"The server has taken no audio for {_options.SendTimeout.TotalSeconds:0.#} s.");
        }
    }

    private async Task<ServerMessage> ReceiveAsync(CancellationToken cancellationToken)
    {
        _received.ResetWrittenCount();
        try
        {
            while (true)
            {
                var piece = await _socket.ReceiveAsync(_received.GetMemory(ReceiveBytes), cancellationToken);
                if (piece.MessageType == WebSocketMessageType.Close)
                {
                    var (code, reason) = (_socket.CloseStatus, _socket.CloseStatusDescription);
                    await CloseAsync();
                    throw SpeechClientException.Closed((CloseCode)(code ?? WebSocketCloseStatus.Empty), reason);
                }

                _received.Advance(piece.Count);
                if (_received.WrittenCount > ServerMessage.MaxBytes)
                    throw new MalformedMessageException($"a message of more than {ServerMessage.MaxBytes} bytes", ServerMessage.MaxBytes);
                if (!piece.EndOfMessage)
                    continue;
                return piece.MessageType == WebSocketMessageType.Text
                    ? ServerMessage.ReadJson(_received.WrittenSpan)
                    : ServerMessage.ReadMessagePack(_received.WrittenMemory);
            }
        }
        catch (WebSocketException failure)
        {
            throw Lost(_sendFailure ?? failure);
        }
    }

    private async Task CloseAsync()
    {
        using var limit = new CancellationTokenSource(_options.CloseTimeout, _clock);
        try
        {
            if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await _socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        }
        catch (Exception rude) when (rude is WebSocketException or OperationCanceledException)
        {
            // All has been said: how the server hangs up does not matter.
        }
    }

    private static Exception Lost(Exception failure) => failure is WebSocketException
        ? new SpeechClientException($"The connection to the server was lost: {failure.GetBaseException().Message}", failure)
        : failure;
}
