using Microsoft.Extensions.DependencyInjection;
using Speech.Hosting.Metrics;
using Speech.Workers.Jobs;
using Speech.Workers.Model;

namespace Speech.Workers.Life;

/// <summary>What a worker shows to those who watch over it.</summary>
internal static class WorkerInstruments
{
    public static void AddTo(IServiceProvider services, Instruments instruments)
    {
        var held = services.GetRequiredService<HeldJobs>();
        var queue = services.GetRequiredService<ModelQueue>();
        var model = services.GetRequiredService<ModelLoop>();
        var statistics = services.GetRequiredService<WorkerStatistics>();
        var capacity = services.GetRequiredService<WorkerCapacity>();
        instruments.ObserveGauge(
            "speech_model_ready", "Whether the model is loaded.", () => model.Status.Phase == ModelPhase.Ready ? 1 : 0);
        instruments.ObserveGauge(
            "speech_worker_slots", "Jobs that this worker's model does side by side, at most; 0 until it is loaded.", () => capacity.Slots);
        instruments.ObserveGauge("speech_worker_busy", "Jobs in this worker's hands.", () => held.Count + queue.Unheld);
        var jobs = instruments.Create.CreateCounter(
            "speech_worker_jobs_total",
            "Jobs by what came of them: done, failed (given up), retried (given back), and claimed (taken over from another worker).",
            ["outcome"]);
        instruments.Observe(() =>
        {
            jobs.WithLabels("done").IncTo(statistics.Done);
            jobs.WithLabels("failed").IncTo(statistics.Failed);
            jobs.WithLabels("retried").IncTo(statistics.Retried);
            jobs.WithLabels("claimed").IncTo(statistics.Claimed);
        });
    }
}
