using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Speech.Hosting;
using Speech.TranslationWorker.Engine;
using Speech.TranslationWorker.Settings;
using Speech.Workers.Model;

namespace Speech.TranslationWorker.Tests;

/// <summary>A translation worker; with the stub unless the settings say otherwise.</summary>
internal sealed class WorkerApp : RunningWorker
{
    private WorkerApp(WebApplicationBuilder builder) : base(builder)
    {
    }

    /// <param name="around">Something to put around the stub.</param>
    public static async Task<WorkerApp> StartAsync(
        string redisUrl, string id, Func<IBatchedModel, IBatchedModel>? around, string[] settings)
    {
        string[] stub = settings.Contains("--TRANSLATION_MODEL") ? [] : ["--USE_STUB_TRANSLATION", "true"];
        var builder = CreateBuilder("translation_worker", redisUrl, id, [.. stub, .. settings]);
        var parsed = TranslationWorkerSettings.From(builder.Settings);
        builder.AddTranslationWorker(parsed);
        if (around is not null)
            builder.Services.AddSingleton<LoadModel>((_, _) => around(new StubTranslator(parsed.Sequences)));
        var worker = new WorkerApp(builder);
        await worker.StartAsync();
        return worker;
    }
}
