using System.Text.Json.Nodes;
using Speech.Hosting.Health;
using Speech.Workers.Jobs;
using Speech.Workers.Model;

namespace Speech.Workers.Life;

/// <summary>The parts "model" and "jobs" of /health.</summary>
internal static class WorkerHealth
{
    /// <param name="more">What else there is to say about this kind of worker's model.</param>
    public static HealthPart OfModel(ModelStatus status, WorkerSettings settings, JsonObject? more)
    {
        var details = new JsonObject
        {
            ["state"] = status.Phase.ToString().ToLowerInvariant(),
            ["name"] = settings.Model,
            ["path"] = status.Path,
            ["device"] = status.Device,
            ["load_ms"] = status.LoadTime is { } time ? (long)time.TotalMilliseconds : null,
            ["memory_bytes"] = Environment.WorkingSet,
        };
        Add(details, more);
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

    /// <param name="more">This kind of worker's own figures.</param>
    public static HealthPart OfJobs(
        Heartbeat heartbeat, HeldJobs held, ModelQueue queue, WorkerStatistics statistics, WorkerCapacity capacity, WorkerSettings settings,
        JsonObject? more)
    {
        var details = new JsonObject
        {
            ["worker_id"] = settings.WorkerId,
            ["slots"] = capacity.Slots,
            ["busy"] = held.Count + queue.Unheld,
            ["done"] = statistics.Done,
            ["failed"] = statistics.Failed,
            ["retried"] = statistics.Retried,
            ["claimed"] = statistics.Claimed,
        };
        Add(details, more);
        details["errors"] = statistics.Errors;
        details["last_error"] = statistics.LastError is { } error
            ? new JsonObject { ["message"] = error.Message, ["at"] = error.At } : null;
        if (!heartbeat.HasName)
            details["state"] = $"waiting for the name {settings.WorkerId}, which another worker has or had";
        return new HealthPart(heartbeat.HasName ? HealthState.Ok : HealthState.Starting, details);
    }

    private static void Add(JsonObject details, JsonObject? more)
    {
        foreach (var (name, value) in more ?? [])
            details[name] = value?.DeepClone();
    }
}
