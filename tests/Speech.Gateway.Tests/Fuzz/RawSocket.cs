using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Speech.Gateway.Tests.Fuzz;

/// <summary>A WebSocket by hand (RFC 6455), which can send what no library would.</summary>
internal sealed class RawSocket : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TcpClient _tcp;
    private readonly NetworkStream _stream;
    private readonly Task<ushort?> _reading;

    private RawSocket(TcpClient tcp)
    {
        _tcp = tcp;
        _stream = tcp.GetStream();
        _reading = ReadAsync();
    }

    /// <summary>Whether the server has ended the connection.</summary>
    public bool IsOver => _reading.IsCompleted;

    /// <summary>Sends a request to upgrade; null when it was refused.</summary>
    public static async Task<RawSocket?> ConnectAsync(Uri gateway, string path, string extraHeaders)
    {
        // Without lingering, thousands of connections a minute do not use up all ports.
        var tcp = new TcpClient { NoDelay = true, LingerState = new LingerOption(true, 0) };
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await tcp.ConnectAsync(gateway.Host, gateway.Port, patience.Token);
            var stream = tcp.GetStream();
            var request = $"GET {path} HTTP/1.1\r\nHost: {gateway.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{extraHeaders}\r\n";
            await stream.WriteAsync(Encoding.Latin1.GetBytes(request), patience.Token);
            var head = new List<byte>();
            var one = new byte[1];
            while (!head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()))
            {
                if (await stream.ReadAsync(one, patience.Token) == 0 || head.Count > 16_384)
                    throw new IOException("no answer to the handshake");
                head.Add(one[0]);
            }
            if (Encoding.Latin1.GetString([.. head]).StartsWith("HTTP/1.1 101", StringComparison.Ordinal))
                return new RawSocket(tcp);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // Refused without ceremony, which is a refusal too.
        }
        tcp.Dispose();
        return null;
    }

    /// <summary>Sends a frame.</summary>
    /// <param name="first">FIN, three reserved bits and the opcode.</param>
    /// <param name="claimedLength">What the header says; null: the truth.</param>
    /// <returns>False when the connection is over.</returns>
    public async Task<bool> SendAsync(byte first, ReadOnlyMemory<byte> payload, bool masked = true, ulong? claimedLength = null)
    {
        var length = claimedLength ?? (ulong)payload.Length;
        var frame = new List<byte> { first };
        var mask = (byte)(masked ? 0x80 : 0);
        var bytes = new byte[8];
        if (length < 126)
        {
            frame.Add((byte)(mask | (byte)length));
        }
        else if (length <= ushort.MaxValue)
        {
            frame.Add((byte)(mask | 126));
            BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)length);
            frame.AddRange(bytes[..2]);
        }
        else
        {
            frame.Add((byte)(mask | 127));
            BinaryPrimitives.WriteUInt64BigEndian(bytes, length);
            frame.AddRange(bytes);
        }
        if (masked)
            frame.AddRange(new byte[4]); // a key of zeros changes nothing
        frame.AddRange(payload.Span);
        return await SendRawAsync(frame.ToArray());
    }

    public async Task<bool> SendRawAsync(ReadOnlyMemory<byte> bytes)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await _stream.WriteAsync(bytes, patience.Token);
            return !IsOver;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Waits for the server's close frame; its code, or null when there was none.</summary>
    public async Task<ushort?> EndAsync()
    {
        try
        {
            _tcp.Client.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // It is over already.
        }
        return await _reading.WaitAsync(Patience);
    }

    public void Dispose() => _tcp.Dispose();

    private async Task<ushort?> ReadAsync()
    {
        var header = new byte[2];
        try
        {
            while (true)
            {
                await _stream.ReadExactlyAsync(header);
                long length = header[1] & 0x7F;
                if (length >= 126)
                {
                    var extended = new byte[length == 126 ? 2 : 8];
                    await _stream.ReadExactlyAsync(extended);
                    length = extended.Aggregate(0L, (sum, next) => sum << 8 | next);
                }
                var payload = new byte[length];
                await _stream.ReadExactlyAsync(payload);
                if ((header[0] & 0x0F) == 8)
                    return length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(payload) : null;
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return null;
        }
    }
}
