using Speech.Catalog;
using Speech.Contracts.Sessions;
using Speech.Hosting.Settings;

namespace Speech.Workers;

/// <summary>What every kind of worker can be told.</summary>
public sealed record WorkerSettings
{
    /// <summary>WORKER_ID: this worker's name in the consumer group and in its heartbeat; no two that run may share one.</summary>
    public required string WorkerId { get; init; }

    /// <summary>The model: its name, file, folder or URL.</summary>
    public required string Model { get; init; }

    /// <summary>The variable that names the model.</summary>
    public required string ModelSetting { get; init; }

    /// <summary>MODEL_DIR and what else says where models lie and come from.</summary>
    public ModelStoreOptions ModelStore { get; init; } = new();

    /// <summary>
    /// BATCH_TIMEOUT_MS: how long an idle worker waits for a second job before it begins the first. A running batch is joined at any time.
    /// </summary>
    public TimeSpan BatchTimeout { get; init; }

    /// <summary>JOB_TIMEOUT_MS: a job that nobody has renewed for this long is taken by another worker.</summary>
    public TimeSpan JobTimeout { get; init; }

    /// <summary>MAX_DELIVERIES: a job that has been given out so often without coming to an end is given up.</summary>
    public int MaxDeliveries { get; init; }

    /// <param name="settings">Read, and told what is wrong.</param>
    /// <param name="role">Of which the worker's own name is made, unless it is given one.</param>
    /// <param name="modelSetting">As in <see cref="ModelSetting"/>.</param>
    /// <param name="model">As in <see cref="Model"/>.</param>
    public static WorkerSettings From(EnvironmentSettings settings, WorkerRole role, string modelSetting, string model) => new()
    {
        WorkerId = ReadWorkerId(settings, role),
        Model = model,
        ModelSetting = modelSetting,
        ModelStore = ReadModelStore(settings),
        BatchTimeout = settings.GetMilliseconds("BATCH_TIMEOUT_MS", 5, min: 0, max: 1000),
        JobTimeout = settings.GetMilliseconds("JOB_TIMEOUT_MS", 30_000, min: 1000, max: 3_600_000),
        MaxDeliveries = settings.GetInt("MAX_DELIVERIES", 3, min: 1, max: 100),
    };

    /// <summary>
    /// Reports a batch that a number of beams does not divide: each beam takes one of its sequences, and so many jobs are done at a time as
    /// the beams go into it.
    /// </summary>
    /// <param name="settings">Told what is wrong.</param>
    /// <param name="batchName">The variable with the sequences.</param>
    /// <param name="sequences">Its value.</param>
    /// <param name="beamName">The variable with the beams.</param>
    /// <param name="beams">Its value.</param>
    public static void CheckBatch(EnvironmentSettings settings, string batchName, int sequences, string beamName, int beams)
    {
        if (beams > sequences)
            settings.Report($"{beamName} is {beams}, more than {batchName} ({sequences}): each beam takes a place of the batch; set {batchName} to {beams} or a multiple of it");
        else if (sequences % beams is > 0 and var unused)
            settings.Report($"{batchName} is {sequences}, which {beamName} ({beams}) does not divide: {unused} of its places would never be used; set {batchName} to {sequences - unused} or {sequences - unused + beams}");
    }

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
