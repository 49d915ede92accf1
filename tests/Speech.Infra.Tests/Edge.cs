using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Speech.Infra.Tests;

/// <summary>
/// infra/haproxy.cfg in a real HAProxy, with ports of its own and services that are named instead of found by Docker's DNS.
/// </summary>
internal sealed partial class Edge : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly string _folder;
    private readonly Task _reading;
    private readonly StringBuilder _log = new();

    private Edge(Process process, string folder, int gateways, int sttWorkers)
    {
        (_process, _folder, Gateways, SttWorkers) = (process, folder, gateways, sttWorkers);
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
    }

    /// <summary>The port that leads to gateways.</summary>
    public int Gateways { get; }

    /// <summary>The port that leads to STT workers.</summary>
    public int SttWorkers { get; }

    /// <param name="gateway">Stands for all gateways.</param>
    /// <param name="sttWorker">Stands for all STT workers.</param>
    public static async Task<Edge> StartAsync(Uri gateway, Uri sttWorker)
    {
        var ports = FreePorts(4);
        var config = File.ReadAllText(Checkout.Path("infra/haproxy.cfg"));
        config = Bind().Replace(config,
            match => $"bind 127.0.0.1:{ports[match.Groups["port"].Value switch { "8080" => 0, "8081" => 1, "8082" => 2, _ => 3 }]}");
        config = Template().Replace(config, match =>
            $"server {match.Groups["name"].Value} {(match.Groups["name"].Value == "gateway" ? gateway : sttWorker).Authority} {match.Groups["checks"].Value}");
        config.ShouldNotContain("server-template");
        var folder = Directory.CreateTempSubdirectory("speech-edge-").FullName;
        var file = Path.Combine(folder, "haproxy.cfg");
        await File.WriteAllTextAsync(file, config);
        var path = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin";
        var program = path.Split(':').Select(part => Path.Combine(part, "haproxy")).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException("haproxy is missing; ./speech test installs it.");
        var process = Process.Start(
            new ProcessStartInfo(program, ["-db", "-f", file]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var edge = new Edge(process, folder, ports[0], ports[1]);
        try
        {
            using var limit = new CancellationTokenSource(Patience);
            while (!(await AskAsync(edge.Gateways, "GET /ws HTTP/1.1", limit.Token)).StartsWith("HTTP/1.1 426", StringComparison.Ordinal))
                limit.Token.ThrowIfCancellationRequested();
            return edge;
        }
        catch (Exception e)
        {
            await edge.DisposeAsync();
            throw new InvalidOperationException($"The edge does not lead to the gateway; it said: {edge._log}", e);
        }
    }

    /// <summary>The answer to a request that no HTTP library has touched; empty when none came.</summary>
    public static async Task<string> AskAsync(int port, string requestLine, CancellationToken cancellationToken)
    {
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            var stream = socket.GetStream();
            await stream.WriteAsync(
                Encoding.Latin1.GetBytes($"{requestLine}\r\nHost: localhost\r\nConnection: close\r\n\r\n"), cancellationToken);
            using var reader = new StreamReader(stream);
            return await reader.ReadToEndAsync(cancellationToken);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return ""; // not there yet
        }
    }

    /// <summary>Ends it, and returns all that it has logged.</summary>
    public async Task<string> StopAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _reading;
        return _log.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ReadAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            lock (_log)
                _log.AppendLine(line);
        }
    }

    private static int[] FreePorts(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        foreach (var listener in listeners)
            listener.Start();
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        foreach (var listener in listeners)
            listener.Dispose();
        return ports;
    }

    [GeneratedRegex(@"bind :(?<port>\d+)")]
    private static partial Regex Bind();

    [GeneratedRegex(@"server-template (?<name>\w+) \d+ \w+:8080 (?<checks>.*) resolvers docker init-addr none")]
    private static partial Regex Template();
}
