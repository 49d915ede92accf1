using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Speech.Catalog;
using Speech.Hosting;
using Speech.SttWorker.Engine;
using Speech.SttWorker.Health;
using Speech.SttWorker.Settings;
using Speech.Workers.Model;

namespace Speech.SttWorker.Tests;

/// <summary>An STT worker, with the full audio context so that its texts are known.</summary>
internal sealed class WorkerApp : RunningWorker
{
    private WorkerApp(WebApplicationBuilder builder) : base(builder)
    {
    }

    public SpeechStatistics Speech => Get<SpeechStatistics>();

    public SpeechQueue Queue => Get<SpeechQueue>();

    /// <param name="around">Something to put around the real transcriber.</param>
    public static async Task<WorkerApp> StartAsync(
        string redisUrl, string id, Func<IBatchedModel, IBatchedModel>? around, string[] settings)
    {
        var builder = CreateBuilder("stt_worker", redisUrl, id, ["--AUDIO_CONTEXT", "full", .. settings]);
        var parsed = SttWorkerSettings.From(builder.Settings);
        builder.AddSttWorker(parsed);
        if (around is not null)
        {
            builder.Services.AddSingleton<LoadModel>((_, _) =>
                around(WhisperTranscriber.Load(
                    WhisperCatalog.Find(parsed.Worker.Model, [parsed.Worker.ModelStore.BuiltInFolder!]), parsed)));
        }

        var worker = new WorkerApp(builder);
        await worker.StartAsync();
        return worker;
    }
}
