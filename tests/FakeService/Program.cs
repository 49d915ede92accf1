// Stands in for a gateway or a worker: answers /health at URLS, and notes on file descriptor 3 what happens to it, one line an event.
// The shell that starts it opens that for appending (O_APPEND, which .NET cannot ask for), so that several may note in one file.
//   FAKE_UNHEALTHY=BODY /health answers 503 with this body for ever
//   FAKE_EXIT=N         ends at once with exit code N
//   FAKE_TERM_EXIT=N    ends with exit code N on SIGTERM
//   FAKE_STUBBORN=1     ignores SIGTERM
//   FAKE_OUTPUT=N       writes N lines at its start
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

var name = Setting("WORKER_ID") ?? "fake";
var url = new Uri(Setting("URLS") ?? throw new InvalidOperationException("URLS is not set"));
for (var line = 1; line <= int.Parse(Setting("FAKE_OUTPUT") ?? "0"); line++)
    Console.WriteLine($"{name} line {line}");
Console.WriteLine($"{name} listens at {url}");
if (Setting("FAKE_EXIT") is { } code)
{
    Console.Error.WriteLine($"{name} cannot go on: the fake disk is full");
    return int.Parse(code);
}

using var events = new SafeFileHandle(3, ownsHandle: false);
var term = new TaskCompletionSource();
using var registration = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
{
    context.Cancel = true;
    Note("terminating");
    if (Setting("FAKE_STUBBORN") is null)
        term.TrySetResult();
});
using var listener = new TcpListener(IPAddress.Parse(url.Host), url.Port);
listener.Start();
Note($"started with Redis {await PingRedisAsync()}");
var serving = ServeAsync();
await Task.WhenAny(term.Task, serving);
Note("stopped");
return int.Parse(Setting("FAKE_TERM_EXIT") ?? "0");

async Task ServeAsync()
{
    var (status, body) = Setting("FAKE_UNHEALTHY") is { } unhealthy ? ("503 Service Unavailable", unhealthy) : ("200 OK", "ok");
    var answer = Encoding.UTF8.GetBytes(
        $"HTTP/1.1 {status}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}");
    var request = new byte[4096];
    while (true)
    {
        using var client = await listener.AcceptTcpClientAsync();
        var stream = client.GetStream();
        _ = await stream.ReadAsync(request);
        await stream.WriteAsync(answer);
    }
}

async Task<string?> PingRedisAsync()
{
    var redis = new Uri(Setting("REDIS_URL") ?? throw new InvalidOperationException("REDIS_URL is not set"));
    using var client = new TcpClient(redis.Host, redis.Port);
    using var reader = new StreamReader(client.GetStream());
    if ((Setting("REDIS_PASSWORD") ?? redis.UserInfo.TrimStart(':')) is { Length: > 0 } password)
    {
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes($"AUTH {password}\r\n"));
        await reader.ReadLineAsync();
    }
    await client.GetStream().WriteAsync("PING\r\n"u8.ToArray());
    return await reader.ReadLineAsync();
}

void Note(string what) => RandomAccess.Write(events, Encoding.UTF8.GetBytes($"{name} {what} {Environment.ProcessId}\n"), fileOffset: 0);

static string? Setting(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
