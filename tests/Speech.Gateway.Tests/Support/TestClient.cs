using System.Net.WebSockets;
using System.Text;
using Speech.Contracts.Client;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;

namespace Speech.Gateway.Tests.Support;

/// <summary>A client of the gateway; everything it receives is kept, in order.</summary>
internal sealed class TestClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ClientWebSocket _socket = new();
    private readonly Lock _gate = new();
    private readonly List<ServerMessage> _received = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _receiving = Task.CompletedTask;

    public IReadOnlyList<ServerMessage> Received
    {
        get
        {
            lock (_gate)
                return [.. _received];
        }
    }

    public Transcript[] Transcripts => [.. Received.OfType<Transcript>()];

    public CloseCode? CloseCode { get; private set; }

    public string? CloseReason => _socket.CloseStatusDescription;

    public string? SubProtocol => _socket.SubProtocol;

    /// <summary>The kinds of frames that came.</summary>
    public HashSet<WebSocketMessageType> FrameTypes { get; } = [];

    /// <param name="apiKey">Credentials to be shown.</param>
    /// <param name="forwardedFor">What a proxy says, or the client forges, in X-Forwarded-For.</param>
    public static async Task<TestClient> ConnectAsync(
        RunningGateway gateway, string query, bool reads = true, string? apiKey = null, string? authorization = null,
        string? forwardedFor = null)
    {
        var client = new TestClient();
        client._socket.Options.AddSubProtocol("speech.v1");
        client._socket.Options.KeepAliveInterval = TimeSpan.Zero;
        if (apiKey is not null)
            client._socket.Options.SetRequestHeader("X-API-Key", apiKey);
        if (authorization is not null)
            client._socket.Options.SetRequestHeader("Authorization", authorization);
        if (forwardedFor is not null)
            client._socket.Options.SetRequestHeader("X-Forwarded-For", forwardedFor);
        var address = new UriBuilder(gateway.Address) { Scheme = "ws", Path = "/ws", Query = query }.Uri;
        using var patience = new CancellationTokenSource(Patience);
        await client._socket.ConnectAsync(address, patience.Token);
        if (reads)
            client.StartReading();
        return client;
    }

    public void StartReading() => _receiving = ReceiveAsync();

    public Task SendAudioAsync(ReadOnlyMemory<byte> bytes) => SendAsync(bytes, WebSocketMessageType.Binary);

    public async Task SendAudioAsync(IEnumerable<byte[]> messages)
    {
        foreach (var message in messages)
            await SendAudioAsync(message);
    }

    public Task SendTextAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    public Task SendAsync(ClientMessage message) => SendAsync(message.ToJson(), WebSocketMessageType.Text);

    /// <summary>The first message of a kind, once it is there.</summary>
    public async Task<T> ExpectAsync<T>(Func<T, bool>? which = null)
        where T : ServerMessage
    {
        await WaitAsync(() => Received.OfType<T>().Any(which ?? (_ => true)), $"a {typeof(T).Name}");
        return Received.OfType<T>().First(which ?? (_ => true));
    }

    /// <summary>Waits for so many transcripts.</summary>
    public Task ExpectTranscriptsAsync(int count) => WaitAsync(() => Transcripts.Length >= count, $"{count} transcripts");

    public async Task<CloseCode> ExpectCloseAsync()
    {
        await _receiving.WaitAsync(Patience);
        return CloseCode.ShouldNotBeNull($"the connection was lost without a close frame, after {Describe()}");
    }

    /// <summary>Until the connection is over, with a close frame or without.</summary>
    public Task ExpectEndAsync() => _receiving.WaitAsync(Patience);

    /// <summary>Sends <c>stop</c> and waits for the end.</summary>
    public async Task<CloseCode> StopAsync()
    {
        await SendAsync(new Stop());
        return await ExpectCloseAsync();
    }

    /// <summary>As when the network goes away: no close frame.</summary>
    public void Abort() => _socket.Abort();

    public ValueTask DisposeAsync()
    {
        _socket.Abort();
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes, WebSocketMessageType type)
    {
        using var patience = new CancellationTokenSource(Patience);
        await _socket.SendAsync(bytes, type, endOfMessage: true, patience.Token);
    }

    private async Task WaitAsync(Func<bool> condition, string what)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            Task more;
            lock (_gate)
                more = _more.Task;
            if (condition())
                return;
            if (_receiving.IsCompleted)
                throw new InvalidOperationException(
                    $"The connection ended ({CloseCode} {CloseReason}) without {what}; received: {Describe()}");
            try
            {
                await Task.WhenAny(more, _receiving).WaitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Waited in vain for {what}; received: {Describe()}");
            }
        }
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[ServerMessage.MaxBytes + 1];
        try
        {
            while (true)
            {
                var length = 0;
                ValueWebSocketReceiveResult frame;
                do
                {
                    frame = await _socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                    length += frame.Count;
                }
                while (!frame.EndOfMessage);
                if (frame.MessageType == WebSocketMessageType.Close)
                {
                    CloseCode = (CloseCode)(int)_socket.CloseStatus!;
                    using var patience = new CancellationTokenSource(Patience);
                    await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", patience.Token);
                    return;
                }
                FrameTypes.Add(frame.MessageType);
                Add(frame.MessageType == WebSocketMessageType.Text
                    ? ServerMessage.ReadJson(buffer.AsSpan(0, length))
                    : ServerMessage.ReadMessagePack(buffer.AsMemory(0, length)));
            }
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or OperationCanceledException)
        {
            return; // no close frame: CloseCode stays null
        }
    }

    private void Add(ServerMessage message)
    {
        TaskCompletionSource more;
        lock (_gate)
        {
            _received.Add(message);
            more = _more;
            _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        more.SetResult();
    }

    private string Describe() => string.Join(", ", Received.Select(message => Encoding.UTF8.GetString(message.ToJson())));
}
