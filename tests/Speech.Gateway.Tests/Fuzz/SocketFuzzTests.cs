using System.Globalization;
using System.Text;
using Speech.Contracts.Client;
using Speech.Contracts.Sessions;
using Speech.Gateway.Tests.Support;
using Xunit.Abstractions;

namespace Speech.Gateway.Tests.Fuzz;

/// <summary>
/// Malformed and hostile messages, over loopback only. Some thousands of them every time; SPEECH_FUZZ_MESSAGES=1000000 makes it a million
/// (<c>./speech test Speech.Gateway.Tests --filter Fuzz</c>).
/// </summary>
public sealed class SocketFuzzTests(ITestOutputHelper output) : GatewayTest
{
    private const int Lanes = 4;
    private const int LongestConnection = 200;
    private const int InternalError = 1011;
    private const int LastDeadly = 9;

    private static readonly int Messages =
        int.Parse(Environment.GetEnvironmentVariable("SPEECH_FUZZ_MESSAGES") ?? "4000", CultureInfo.InvariantCulture);

    private static readonly byte[][] Genuine =
    [
        [.. new Flush().ToJson()], [.. new Ping().ToJson()], [.. new Stop().ToJson()], .. TestAudio.Encode(
            TestAudio.Phrase, AudioCodec.Opus).Take(20),
        TestAudio.Encode(TestAudio.Phrase, AudioCodec.OggOpus)[0], TestAudio.Pcm16(TestAudio.Phrase)[..6400],
    ];

    private int _sent;
    private int _connections;
    private int _refused;
    private int _internalErrors;

    [Fact]
    public async Task Nothing_that_comes_over_a_socket_breaks_the_gateway_or_stays_in_it()
    {
        await using var gateway = await StartGatewayAsync(
            "RESUME_SECONDS=0.05", "MAX_AUDIO_RATE=0", "MAX_MESSAGE_BYTES=65536", "MAX_SESSIONS=50");
        await using var worker = TestWorker.Start(Server);

        // A first round makes all that is made once.
        await FuzzAsync(gateway, Math.Min(1000, Messages / 4), seed: 1);
        await Eventually.TrueAsync(() => gateway.Sessions == 0);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await FuzzAsync(gateway, Messages, seed: 1000);
        await Eventually.TrueAsync(() => gateway.Sessions == 0);
        worker.Jobs.Clear();
        var growth = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine($"{_sent} messages on {_connections} connections, {_refused} refused; memory {growth / 1e6:+0.0;-0.0} MB");
        growth.ShouldBeLessThan(32 << 20);
        _internalErrors.ShouldBe(0);

        await using var client = await TestClient.ConnectAsync(gateway, "codec=opus");
        await client.SendAudioAsync(TestAudio.Encode(TestAudio.Phrase, AudioCodec.Opus));
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);
        client.Transcripts.Length.ShouldBe(1);
    }

    private Task FuzzAsync(RunningGateway gateway, int messages, int seed) =>
        Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(async () =>
    {
        var random = new Random(seed + lane);
        for (var left = messages / Lanes; left > 0;)
            left -= await ConnectionAsync(gateway, random, Math.Min(left, random.Next(1, LongestConnection)));
    })));

    private async Task<int> ConnectionAsync(RunningGateway gateway, Random random, int most)
    {
        Interlocked.Increment(ref _connections);
        using var socket = await RawSocket.ConnectAsync(gateway.Address, Path(random), Headers(random));
        if (socket is null)
        {
            Interlocked.Increment(ref _refused);
            return 1;
        }
        var sent = 0;
        while (sent < most && !socket.IsOver)
        {
            sent++;
            if (!await SendAsync(socket, random))
                break;
        }
        Interlocked.Add(ref _sent, sent);

        // Half of them leave without waiting for an answer.
        if (random.Next(2) == 0 && await socket.EndAsync() == InternalError)
            Interlocked.Increment(ref _internalErrors);
        return Math.Max(1, sent);
    }

    private static string Path(Random random)
    {
        var codec =
            random.Next(4) switch { 0 => "opus", 1 => "ogg_opus", 2 => "pcm_s16le&sample_rate=16000", _ => "pcm_f32le&sample_rate=48000" };
        return random.Next(20) switch
        {
            0 => $"/ws?codec={codec}&{Text(random, 2000)}",
            1 => $"/ws?client_id={Text(random, 20)}&codec={codec}",
            2 => "/ws?codec=mp3",
            3 => $"/ws?codec={codec}&resume_from=99999999999999999999",
            < 8 => $"/ws?client_id=client{random.Next(6)}&codec={codec}&resume_from={random.Next(100)}",
            _ => $"/ws?codec={codec}&interim=true&format={(random.Next(2) == 0 ? "json" : "msgpack")}&client_id=c{random.Next(1_000_000)}",
        };
    }

    private static string Headers(Random random) => random.Next(20) switch
    {
        0 => "Authorization: Basic AAAA\r\n",
        1 => $"X-API-Key: {Text(random, 100)}\r\n",
        2 => $"X-API-Key: {new string('x', 6000)}\r\n",
        3 => "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99\r\n",
        _ => "",
    };

    /// <summary>Letters and signs that are allowed in a request line, but hardly in a value.</summary>
    private static string Text(Random random, int length)
    {
        const string Alphabet = "abz019_.:-%&=+/?;,'()~*!@$[]{}|^`\\\"<>";
        return string.Create(random.Next(1, length), random, (text, r) =>
        {
            foreach (ref var letter in text)
                letter = Alphabet[r.Next(Alphabet.Length)];
        });
    }

    /// <returns>False when the connection is over, or must be after that: what follows would not be read.</returns>
    private static async Task<bool> SendAsync(RawSocket socket, Random random)
    {
        var kind = random.Next(80);
        return await SendAsync(socket, kind, random) && kind is >= LastDeadly or 0;
    }

    private static Task<bool> SendAsync(RawSocket socket, int kind, Random random)
    {
        const byte Text = 1, Binary = 2, Close = 8, Ping = 9, Fin = 0x80;
        switch (kind)
        {
            case 0: // reserved bits, reserved opcodes
                return socket.SendAsync((byte)random.Next(256), Noise(random, 200));
            case 1: // a frame without a mask
                return socket.SendAsync(Fin | Binary, Noise(random, 50), masked: false);
            case 2: // control frames that are too long or in pieces
                return socket.SendAsync(random.Next(2) == 0 ? (byte)(Fin | Ping) : Ping, Noise(random, 300));
            case 3: // more promised than any message may have, and less sent
                return socket.SendAsync(Fin | Binary, Noise(random, 100), claimedLength: 1UL << random.Next(17, 64));
            case 4: // larger than allowed
                return socket.SendAsync(Fin | Binary, new byte[random.Next(65_537, 200_000)]);
            case 5: // the rest of nothing
                return socket.SendAsync(Fin, Noise(random, 50));
            case 6: // close frames of all kinds
                return socket.SendAsync(Fin | Close, Noise(random, random.Next(3)));
            case 7: // no frames at all
                return socket.SendRawAsync(Noise(random, 100));
            case 8: // text that is no UTF-8
                return socket.SendAsync(Fin | Text, Noise(random, 100));
            case 9:
                return socket.SendAsync(Fin | Text, Encoding.UTF8.GetBytes(Json(random)));
            case < 14: // a message in pieces, with something between them
                return PiecesAsync(socket, random);
            case < 30: // the real thing, damaged
                var message = Genuine[random.Next(Genuine.Length)].ToArray();
                if (message.Length > 0)
                    random.NextBytes(message.AsSpan(random.Next(message.Length), 1));
                return socket.SendAsync((byte)(Fin | (message[0] == '{' ? Text : Binary)), message);
            case < 34:
                return socket.SendAsync(Fin | Binary, Array.Empty<byte>());
            case < 50:
                return socket.SendAsync(Fin | Binary, Noise(random, 4000));
            default:
                var genuine = Genuine[random.Next(Genuine.Length)];
                return socket.SendAsync((byte)(Fin | (genuine[0] == '{' ? Text : Binary)), genuine);
        }

        static async Task<bool> PiecesAsync(RawSocket socket, Random random)
        {
            var ok = await socket.SendAsync(random.Next(2) == 0 ? Text : Binary, Noise(random, 100));
            for (var i = random.Next(5); ok && i > 0; i--)
                ok = random.Next(4) == 0
                    ? await socket.SendAsync(Fin | Ping, Noise(random, 10)) : await socket.SendAsync(0, Noise(random, 100));
            return ok && await socket.SendAsync(Fin, Noise(random, 100));
        }
    }

    private static byte[] Noise(Random random, int length)
    {
        var bytes = new byte[random.Next(length + 1)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string Json(Random random) => random.Next(8) switch
    {
        0 => new string('[', random.Next(1, 10_000)),
        1 => $$"""{"type":"{{new string('x', random.Next(10_000))}}"}""",
        2 => """{"type":"ping","type":"stop"}""",
        3 => """{"type":null}""",
        4 => """{"type":{"type":{"type":{}}}}""",
        5 => """{"type":"flush","x":1e999999}""",
        6 => "{\"type\":\"\\ud800\"}",
        _ => "",
    };
}
