using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Speech.Hosting;
using Speech.Hosting.Health;
using Speech.Hosting.Metrics;
using Speech.Workers.Jobs;
using Speech.Workers.Life;
using Speech.Workers.Model;

namespace Speech.Workers;

public static class WorkerExtensions
{
    /// <summary>
    /// Adds all of a worker but what makes its kind, which the service adds itself, as singletons: its <see cref="IJobHandler"/>, a
    /// <see cref="LoadModel"/> and, if it has them, a <see cref="ModelQueue"/> of its own (before this) and <see cref="IReadingLoop"/>s.
    /// </summary>
    /// <param name="role">The kind of worker.</param>
    /// <param name="settings">This one's settings.</param>
    /// <param name="modelDetails">More for /health, about the model.</param>
    /// <param name="figures">More for /health, about what was done.</param>
    public static void AddWorker(
        this WebApplicationBuilder builder,
        WorkerRole role,
        WorkerSettings settings,
        Func<IServiceProvider, JsonObject>? modelDetails = null,
        Func<IServiceProvider, JsonObject>? figures = null)
    {
        builder.AddJobs();
        var services = builder.Services;
        services.AddSingleton(role);
        services.AddSingleton(settings);
        services.AddSingleton<WorkerStreams>();
        services.AddSingleton<WorkerStatistics>();

        services.AddSingleton<WorkerCapacity>();
        services.AddSingleton<HeldJobs>();
        services.AddSingleton<JobIntake>();
        services.AddSingleton<JobReader>();
        services.AddSingleton<AbandonedJobs>();
        services.AddSingleton<Leases>();
        services.AddSingleton<Peers>();
        services.AddSingleton<JobFinisher>();

        services.TryAddSingleton<ModelQueue>();
        services.AddSingleton<Outcomes>();
        services.AddSingleton<ModelLoop>();

        services.AddSingleton<Heartbeat>();
        services.AddHealth("model", provider => WorkerHealth.OfModel(
            provider.GetRequiredService<ModelLoop>().Status, settings, modelDetails?.Invoke(provider)));
        services.AddHealth("jobs", provider => WorkerHealth.OfJobs(
            provider.GetRequiredService<Heartbeat>(),
            provider.GetRequiredService<HeldJobs>(),
            provider.GetRequiredService<ModelQueue>(),
            provider.GetRequiredService<WorkerStatistics>(),
            provider.GetRequiredService<WorkerCapacity>(),
            settings,
            figures?.Invoke(provider)));
        services.AddInstruments(WorkerInstruments.AddTo);
        services.AddHostedService<WorkerLife>();
    }
}
