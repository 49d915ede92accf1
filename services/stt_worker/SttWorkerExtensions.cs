using Speech.Hosting;
using Speech.Models.Catalog;

namespace Speech.SttWorker;

internal static class SttWorkerExtensions
{
    public static void AddSttWorker(this WebApplicationBuilder builder, SttWorkerSettings settings)
    {
        builder.AddJobs();
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton<WorkerStatistics>();

        builder.Services.AddSingleton<HeldJobs>();
        builder.Services.AddSingleton<JobIntake>();
        builder.Services.AddSingleton<JobReader>();
        builder.Services.AddSingleton<AbandonedJobs>();
        builder.Services.AddSingleton<Leases>();
        builder.Services.AddSingleton<JobFinisher>();
        builder.Services.AddSingleton<InterimReader>();

        builder.Services.AddSingleton<ModelQueue>();
        builder.Services.AddSingleton<Outcomes>();
        builder.Services.AddSingleton<ModelLoop>();
        builder.Services.AddSingleton<LoadModel>((download, found) =>
        {
            // On the model's own thread, which has nothing else to do until its model is here.
            using var store = new ModelStore(settings.ModelStore);
            var file = store.GetAsync(settings.Model, download).GetAwaiter().GetResult();
            found(file.Path);
            return WhisperTranscriber.Load(file, settings);
        });

        builder.Services.AddSingleton<Heartbeat>();
        builder.Services.AddHealth("model", services => WorkerHealth.OfModel(services.GetRequiredService<ModelLoop>().Status, settings));
        builder.Services.AddHealth("jobs", services => WorkerHealth.OfJobs(
            services.GetRequiredService<HeldJobs>(),
            services.GetRequiredService<ModelQueue>(),
            services.GetRequiredService<WorkerStatistics>(),
            settings));
        builder.Services.AddHostedService<WorkerLife>();
    }
}
