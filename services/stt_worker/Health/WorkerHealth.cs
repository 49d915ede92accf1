using System.Text.Json.Nodes;
using Speech.Hosting;

namespace Speech.SttWorker;

/// <summary>The parts "model" and "jobs" of /health.</summary>
internal static class WorkerHealth
{
    public static HealthPart OfModel(ModelStatus status, SttWorkerSettings settings)
    {
        var details = new JsonObject
        {
            ["state"] = status.Phase.ToString().ToLowerInvariant(),
            ["name"] = settings.Model,
            ["path"] = status.Path,
            ["audio_context"] = settings.AudioContext.ToString(),
            ["device"] = status.Device,
            ["load_ms"] = status.LoadTime is { } time ? (long)time.TotalMilliseconds : null,
            ["memory_bytes"] = Environment.WorkingSet,
        };
        if (status.Download is { } download)
        {
            details["download"] = new JsonObject
            {
                ["file"] = download.FileName,
                ["stage"] = download.Stage.ToString().ToLowerInvariant(),
                ["bytes"] = download.Bytes,
                ["total_bytes"] = download.TotalBytes,
                ["detail"] = download.Detail,
            };
        }
        if (status.Error is not null)
            details["error"] = status.Error;
        return new HealthPart(
            status.Phase switch
            {
                ModelPhase.Ready => HealthState.Ok,
                ModelPhase.Loading => HealthState.Starting,
                _ => HealthState.Degraded,
            },
            details);
    }

    public static HealthPart OfJobs(HeldJobs held, ModelQueue queue, WorkerStatistics statistics, SttWorkerSettings settings) => new(
        HealthState.Ok,
        new JsonObject
        {
            ["worker_id"] = settings.WorkerId,
            ["slots"] = settings.Slots,
            ["busy"] = held.Count + queue.Interims.Count,
            ["done"] = statistics.Done,
            ["failed"] = statistics.Failed,
            ["retried"] = statistics.Retried,
            ["claimed"] = statistics.Claimed,
            ["audio_seconds"] = Math.Round(statistics.AudioSeconds, 3),
            ["interims_done"] = statistics.Interims,
            ["interims_dropped"] = statistics.InterimsLost,
            ["errors"] = statistics.Errors,
            ["last_error"] = statistics.LastError is { } error ? new JsonObject { ["message"] = error.Message, ["at"] = error.At } : null,
        });
}
