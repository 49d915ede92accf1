using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Speech.Hosting;
using Speech.Hosting.Health;
using Speech.Workers.Jobs;
using Speech.Workers.Life;
using Speech.Workers.Model;

namespace Speech.Testing.Workers;

/// <summary>A worker of any kind as its Program.cs puts it together, in this process.</summary>
public abstract class RunningWorker(WebApplicationBuilder builder) : IAsyncDisposable
{
    private readonly WebApplication _app = builder.Build();
    private readonly HttpClient _http = new();

    public WorkerStatistics Statistics => Get<WorkerStatistics>();

    public HeldJobs Held => Get<HeldJobs>();

    public WorkerCapacity Capacity => Get<WorkerCapacity>();

    /// <summary>Done when the model is loaded.</summary>
    public Task ModelReady => Get<ModelLoop>().Ready;

    public async Task<(HttpStatusCode Status, JsonNode Body)> HealthAsync()
    {
        using var response = await _http.GetAsync(new Uri(new Uri(_app.Urls.Single()), "/health"));
        return (response.StatusCode, (await response.Content.ReadFromJsonAsync<JsonNode>())!);
    }

    /// <summary>Waits until the worker is done with all that it has been given, its figures included.</summary>
    public Task IdleAsync() => Held.WaitUntilAtMostAsync(0, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _http.Dispose();
    }

    protected static WebApplicationBuilder CreateBuilder(string service, string redisUrl, string id, string[] settings) =>
        SpeechHost.CreateBuilder(
        ["--REDIS_URL", redisUrl, "--WORKER_ID", id, "--URLS", "http://127.0.0.1:0", "--LOG_LEVEL", "error", "--THREADS", "1", .. settings],
        service,
        defaultPort: 0);

    protected T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    protected Task StartAsync()
    {
        _app.MapHealth();
        builder.Settings.ThrowIfInvalid();
        return _app.StartAsync();
    }
}
