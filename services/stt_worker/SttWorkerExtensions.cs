using System.Text.Json.Nodes;
using Speech.Catalog;
using Speech.Hosting.Metrics;
using Speech.SttWorker.Engine;
using Speech.SttWorker.Health;
using Speech.SttWorker.Interims;
using Speech.SttWorker.Jobs;
using Speech.SttWorker.Settings;
using Speech.Workers;
using Speech.Workers.Jobs;
using Speech.Workers.Model;

namespace Speech.SttWorker;

internal static partial class SttWorkerExtensions
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
        services.AddSingleton<LoadModel>(provider => (download, found) =>
        {
            using var store = new ModelStore(settings.Worker.ModelStore);
            var file = store.GetAsync(settings.Worker.Model, download).GetAwaiter().GetResult();
            found(file.Path);
            var transcriber = WhisperTranscriber.Load(file, settings);
            if (transcriber.LacksTranslation)
                Log.LacksTranslation(provider.GetRequiredService<ILogger<WhisperTranscriber>>(), settings.Worker.Model);
            return transcriber;
        });
        services.AddInstruments((provider, instruments) => instruments.ObserveCounter(
            "speech_audio_seconds_total", "Audio transcribed.", () => provider.GetRequiredService<SpeechStatistics>().AudioSeconds));
        builder.AddWorker(
            SpeechJobs.Role,
            settings.Worker,
            _ => new JsonObject { ["audio_context"] = settings.AudioContext.ToString() },
            provider => provider.GetRequiredService<SpeechStatistics>().ToJson());
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "TRANSLATE_VIA is whisper, but {Model} knows only English: NLLB translates instead")]
        public static partial void LacksTranslation(ILogger logger, string model);
    }
}
