using System.Text.Json.Nodes;
using Speech.Hosting.Workers;

namespace Speech.TranslationWorker;

internal static class TranslationWorkerExtensions
{
    public static void AddTranslationWorker(this WebApplicationBuilder builder, TranslationWorkerSettings settings)
    {
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton<IJobHandler, TranslationJobs>();
        builder.Services.AddSingleton<LoadModel>((_, found) =>
        {
            if (settings.UseStub)
                return new StubTranslator(settings.Worker.Slots);
            var folder = ModelFolder.Find(settings.Worker.Model, settings.ModelStore);
            found(folder);
            return NllbTranslator.Load(folder, settings);
        });
        builder.AddWorker(
            TranslationJobs.Role,
            settings.Worker,
            _ => new JsonObject { ["stub"] = settings.UseStub, ["beam_size"] = settings.BeamSize });
    }
}
