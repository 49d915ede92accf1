using System.Net;
using System.Net.Sockets;

namespace Speech.Redis.Tests;

/// <summary>Passes everything on, but what the server says in writes of one byte.</summary>
internal sealed class DribblingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _serving;

    private DribblingProxy(int serverPort)
    {
        _listener.Start();
        _serving = ServeAsync(serverPort);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public static DribblingProxy Start(int serverPort) => new(serverPort);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _serving;
        _listener.Dispose();
        _stopping.Dispose();
    }

    private async Task ServeAsync(int serverPort)
    {
        try
        {
            using var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
            using var server = new TcpClient { NoDelay = true };
            client.NoDelay = true;
            await server.ConnectAsync(IPAddress.Loopback, serverPort, _stopping.Token);
            var up = client.GetStream().CopyToAsync(server.GetStream(), _stopping.Token);
            var buffer = new byte[4096];
            while (await server.GetStream().ReadAsync(buffer, _stopping.Token) is > 0 and var count)
            {
                for (var i = 0; i < count; i++)
                    await client.GetStream().WriteAsync(buffer.AsMemory(i, 1), _stopping.Token);
            }
            await up;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // the test is over
        }
    }
}
