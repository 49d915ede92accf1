using Speech.Contracts;
using Speech.Hosting;
using Speech.Models.Catalog;

namespace Speech.Workers;

/// <summary>What every kind of worker can be told.</summary>
public sealed record WorkerSettings
{
    /// <summary>WORKER_ID: this worker's name in the consumer group and in its heartbeat; no two that run may share one.</summary>
    public required string WorkerId { get; init; }

    /// <summary>The model's name, for people.</summary>
    public required string Model { get; init; }

    /// <summary>MODEL_DIR and what else says where models lie and come from.</summary>
    public ModelStoreOptions ModelStore { get; init; } = new();

    /// <summary>The most jobs done side by side, and the most held at once.</summary>
    public required int Slots { get; init; }

    /// <summary>BATCH_TIMEOUT_MS: how long an idle worker waits for a second job before it begins the first. A running batch is joined at any time.</summary>
    public TimeSpan BatchTimeout { get; init; }

    /// <summary>JOB_TIMEOUT_MS: a job that nobody has renewed for this long is taken by another worker.</summary>
    public TimeSpan JobTimeout { get; init; }

    /// <summary>MAX_DELIVERIES: a job that has been given out so often without coming to an end is given up.</summary>
    public int MaxDeliveries { get; init; }

    /// <param name="settings">Read, and told what is wrong.</param>
    /// <param name="role">Of which the worker's own name is made, unless it is given one.</param>
    /// <param name="model">As in <see cref="Model"/>.</param>
    /// <param name="slots">As in <see cref="Slots"/>.</param>
    public static WorkerSettings From(EnvironmentSettings settings, WorkerRole role, string model, int slots) => new()
    {
        WorkerId = ReadWorkerId(settings, role),
        Model = model,
        ModelStore = ReadModelStore(settings),
        Slots = slots,
        BatchTimeout = settings.GetMilliseconds("BATCH_TIMEOUT_MS", 5, min: 0, max: 1000),
        JobTimeout = settings.GetMilliseconds("JOB_TIMEOUT_MS", 30_000, min: 1000, max: 3_600_000),
        MaxDeliveries = settings.GetInt("MAX_DELIVERIES", 3, min: 1, max: 100),
    };

    private static ModelStoreOptions ReadModelStore(EnvironmentSettings settings)
    {
        try
        {
            return ModelStoreOptions.FromEnvironment(settings.FindString);
        }
        catch (FormatException exception)
        {
            settings.Report(exception.Message);
            return new ModelStoreOptions();
        }
    }

    private static string ReadWorkerId(EnvironmentSettings settings, WorkerRole role)
    {
        var fallback = $"{role.Name}-{Environment.MachineName}-{Environment.ProcessId}";
        var id = settings.GetString("WORKER_ID", fallback);
        if (ClientId.IsValid(id))
            return id;
        settings.Report("WORKER_ID", id, ClientId.Rule);
        return fallback;
    }
}
