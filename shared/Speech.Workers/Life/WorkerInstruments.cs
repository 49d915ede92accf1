using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Speech.Workers;

/// <summary>What a worker shows to those who watch over it.</summary>
internal static class WorkerInstruments
{
    public static void AddTo(IServiceProvider services, Meter meter)
    {
        var held = services.GetRequiredService<HeldJobs>();
        var queue = services.GetRequiredService<ModelQueue>();
        var model = services.GetRequiredService<ModelLoop>();
        var statistics = services.GetRequiredService<WorkerStatistics>();
        var capacity = services.GetRequiredService<WorkerCapacity>();
        meter.CreateObservableGauge("speech.model.ready", () => model.Status.Phase == ModelPhase.Ready ? 1 : 0, null, "Whether the model is loaded.");
        meter.CreateObservableGauge("speech.worker.slots", () => capacity.Slots, "{job}", "Jobs that this worker's model does side by side, at most; 0 until it is loaded.");
        meter.CreateObservableGauge("speech.worker.busy", () => held.Count + queue.Unheld, "{job}", "Jobs in this worker's hands.");
        meter.CreateObservableCounter(
            "speech.worker.jobs", () => Outcomes(statistics), "{job}",
            "Jobs by what came of them: done, failed (given up), retried (given back), and claimed (taken over from another worker).");
    }

    private static Measurement<long>[] Outcomes(WorkerStatistics statistics) =>
    [
        Outcome(statistics.Done, "done"),
        Outcome(statistics.Failed, "failed"),
        Outcome(statistics.Retried, "retried"),
        Outcome(statistics.Claimed, "claimed"),
    ];

    private static Measurement<long> Outcome(long count, string name) => new(count, KeyValuePair.Create<string, object?>("outcome", name));
}
