namespace Speech.Infra.Tests;

public sealed class EdgeTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private ServiceProcess? _gateway;
    private ServiceProcess? _worker;
    private Edge? _edge;

    public async Task InitializeAsync()
    {
        _gateway = await ServiceProcess.StartAsync("Speech.Gateway", "--REDIS_URL", "redis://127.0.0.1:1");
        _worker = await ServiceProcess.StartAsync("Speech.SttWorker", "--REDIS_URL", "redis://127.0.0.1:1");
        _edge = await Edge.StartAsync(_gateway.Url, _worker.Url);
    }

    public async Task DisposeAsync()
    {
        await (_edge?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_worker?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_gateway?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Trait("Speed", "Slow")]
    [Fact]
    public async Task Only_the_paths_that_clients_need_pass_however_others_are_written()
    {
        foreach (var (path, status) in ((string, string)[])[
            ("/", "200"), ("/ws", "426"), ("/ws?token=x", "426"), ("/api/languages", "200"), ("/api/languages?x", "200"),
            ("/health", "503"), ("/health/all", "503")])
            (await AskAsync(path)).ShouldStartWith($"HTTP/1.1 {status}", customMessage: path);
        (await AskAsync("/api/status")).ShouldContain("sessions");

        foreach (var path in (string[])[
            "/metrics", "/METRICS", "/Metrics", "/metrics/", "//metrics", "/x/../metrics", "/health/../metrics", "/./metrics", "/%6detrics",
            "/metrics?x", "/metrics;x",
            "/metrics%00", "/ws/../metrics", "/api/../metrics", @"\metrics", @"/x\..\metrics", "http://localhost/metrics",
            "http://localhost/METRICS?/health", "/health/",
            "/WS", "/api", "/nothing"])
        {
            var answer = await AskAsync(path);
            (answer.StartsWith("HTTP/1.1 404", StringComparison.Ordinal) || answer.StartsWith("HTTP/1.1 400", StringComparison.Ordinal))
                .ShouldBeTrue($"{path}: {answer}");
            answer.ShouldNotContain("speech_", customMessage: path);
        }
        (await AskAsync("/nothing")).ShouldEndWith("""{"code":"not_found","message":"there is nothing at this path; GET / lists what there is"}""");
    }

    [Fact]
    public async Task Of_a_worker_only_its_health_is_seen()
    {
        (await AskAsync("/health", _edge!.SttWorkers)).ShouldContain("\"service\":\"stt_worker\"");
        foreach (var path in (string[])["/", "/metrics", "/METRICS", "/health/", "/HEALTH", "/health/../metrics", "/x/../metrics"])
            (await AskAsync(path, _edge.SttWorkers)).ShouldStartWith("HTTP/1.1 404", customMessage: path);
    }

    [Fact]
    public async Task What_is_asked_for_is_logged_without_tokens()
    {
        await AskAsync("/ws?token=hush&codec=opus");
        await AskAsync("/nothing?token=hush");
        await AskAsync("http://localhost/nowhere?token=hush");
        await AskAsync("/ws#\u001b[2J?token=hush");
        await AskAsync("/health?token=hush", _edge!.SttWorkers);
        await AskAsync("/metrics?token=hush", _edge.SttWorkers);
        var log = await _edge.StopAsync();
        log.ShouldContain("GET \"/ws\"");
        log.ShouldContain("GET \"/nothing\"");
        log.ShouldNotContain("hush");
        log.Any(letter => char.IsControl(letter) && letter != '\n').ShouldBeFalse(log);
    }

    private async Task<string> AskAsync(string path, int? port = null)
    {
        using var limit = new CancellationTokenSource(Patience);
        return await Edge.AskAsync(port ?? _edge!.Gateways, $"GET {path} HTTP/1.1", limit.Token);
    }
}
