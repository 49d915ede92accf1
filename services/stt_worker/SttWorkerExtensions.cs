using System.Text.Json.Nodes;
using Speech.Hosting.Workers;
using Speech.Models.Catalog;

namespace Speech.SttWorker;

internal static class SttWorkerExtensions
{
    public static void AddSttWorker(this WebApplicationBuilder builder, SttWorkerSettings settings)
    {
        var services = builder.Services;
        services.AddSingleton(settings);
        services.AddSingleton<SpeechStatistics>();
        services.AddSingleton<SpeechQueue>();
        services.AddSingleton<ModelQueue>(provider => provider.GetRequiredService<SpeechQueue>());
        services.AddSingleton<IJobHandler, SpeechJobs>();
        services.AddSingleton<IReadingLoop, InterimReader>();
        services.AddSingleton<LoadModel>((download, found) =>
        {
            using var store = new ModelStore(settings.ModelStore);
            var file = store.GetAsync(settings.Worker.Model, new DownloadProgress(download)).GetAwaiter().GetResult();
            found(file.Path);
            return WhisperTranscriber.Load(file, settings);
        });
        builder.AddWorker(
            SpeechJobs.Role,
            settings.Worker,
            _ => new JsonObject { ["audio_context"] = settings.AudioContext.ToString() },
            provider => provider.GetRequiredService<SpeechStatistics>().ToJson());
    }
}
