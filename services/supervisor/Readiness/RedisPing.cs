using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Speech.Supervisor.Readiness;

/// <summary>
/// Redis is ready when it answers PING with PONG, or asks for the password that only the services need to know; while it still reads its
/// append-only file it answers -LOADING. An inline command over a plain socket needs no client library.
/// </summary>
internal static class RedisPing
{
    private const int MaxReplyBytes = 512;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    public static Probe At(Uri url) => async cancellationToken =>
    {
        var (host, port) = (url.Host, url.Port > 0 ? url.Port : 6379);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host, port, limit.Token);
            await using var stream = await OpenAsync(client, url, limit.Token);
            await stream.WriteAsync("PING\r\n"u8.ToArray(), limit.Token);
            var reply = await ReadLineAsync(stream, limit.Token);
            return reply is "+PONG" || reply.StartsWith("-NOAUTH", StringComparison.Ordinal)
                ? ProbeAnswer.Ready
                : ProbeAnswer.NotYet($"Redis at {host}:{port} answers \"{reply}\"");
        }
        catch (Exception error) when (error is SocketException or IOException or System.Security.Authentication.AuthenticationException)
        {
            return ProbeAnswer.NotYet($"Redis at {host}:{port}: {error.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ProbeAnswer.NotYet($"Redis at {host}:{port} does not answer");
        }
    };

    private static async Task<Stream> OpenAsync(TcpClient client, Uri url, CancellationToken cancellationToken)
    {
        if (url.Scheme is not "rediss")
            return client.GetStream();
        var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = url.Host }, cancellationToken);
        return stream;
    }

    private static async Task<string> ReadLineAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxReplyBytes];
        var length = 0;
        while (length < buffer.Length && !buffer.AsSpan(0, length).Contains((byte)'\n'))
        {
            var count = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (count == 0)
                throw new EndOfStreamException("the connection was closed");
            length += count;
        }
        return Encoding.ASCII.GetString(buffer, 0, length).TrimEnd();
    }
}
