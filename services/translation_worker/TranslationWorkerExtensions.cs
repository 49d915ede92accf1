using System.Text.Json.Nodes;
using Speech.Catalog;
using Speech.TranslationWorker.Engine;
using Speech.TranslationWorker.Jobs;
using Speech.TranslationWorker.Settings;
using Speech.Workers;
using Speech.Workers.Model;

namespace Speech.TranslationWorker;

internal static class TranslationWorkerExtensions
{
    public static void AddTranslationWorker(this WebApplicationBuilder builder, TranslationWorkerSettings settings)
    {
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton<IJobHandler, TranslationJobs>();
        builder.Services.AddSingleton<LoadModel>((download, found) =>
        {
            if (settings.UseStub)
                return new StubTranslator(settings.Sequences);
            using var store = new ModelStore(settings.Worker.ModelStore);
            var folder = store.GetTranslationAsync(settings.Worker.Model, download).GetAwaiter().GetResult();
            found(folder);
            return NllbTranslator.Load(folder, settings);
        });
        builder.AddWorker(
            TranslationJobs.Role,
            settings.Worker,
            _ => new JsonObject { ["stub"] = settings.UseStub, ["beam_size"] = settings.BeamSize });
    }
}
