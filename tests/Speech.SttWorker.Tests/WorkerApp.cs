using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Speech.Hosting;
using Speech.Hosting.Workers;
using Speech.Models.Catalog;

namespace Speech.SttWorker.Tests;

/// <summary>The worker as Program.cs puts it together, in this process, with the full audio context so that its texts are known.</summary>
internal sealed class WorkerApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _http = new();

    private WorkerApp(WebApplication app) => _app = app;

    public WorkerStatistics Statistics => _app.Services.GetRequiredService<WorkerStatistics>();

    public HeldJobs Held => _app.Services.GetRequiredService<HeldJobs>();

    public SpeechStatistics Speech => _app.Services.GetRequiredService<SpeechStatistics>();

    public SpeechQueue Queue => _app.Services.GetRequiredService<SpeechQueue>();

    public ModelLoop Model => _app.Services.GetRequiredService<ModelLoop>();

    /// <param name="around">Something to put around the real transcriber.</param>
    public static async Task<WorkerApp> StartAsync(string redisUrl, string id, Func<IBatchedModel, IBatchedModel>? around, string[] settings)
    {
        string[] arguments =
        [
            "--REDIS_URL", redisUrl, "--WORKER_ID", id, "--URLS", "http://127.0.0.1:0", "--LOG_LEVEL", "error",
            "--THREADS", "1", "--AUDIO_CONTEXT", "full", .. settings,
        ];
        var builder = SpeechHost.CreateBuilder(arguments, "stt_worker", defaultPort: 0);
        var parsed = SttWorkerSettings.From(builder.Settings);
        builder.AddSttWorker(parsed);
        if (around is not null)
        {
            builder.Services.AddSingleton<LoadModel>((_, _) =>
                around(WhisperTranscriber.Load(WhisperCatalog.Find(parsed.Worker.Model, [parsed.Worker.ModelStore.BuiltInFolder!]), parsed)));
        }

        var app = builder.Build();
        app.MapHealth();
        builder.Settings.ThrowIfInvalid();
        await app.StartAsync();
        return new WorkerApp(app);
    }

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
}
