using Speech.Delivery.Heartbeats;
using StackExchange.Redis;

namespace Speech.Workers.Jobs;

/// <summary>The other workers of this kind.</summary>
public sealed class Peers(LiveWorkers workers, WorkerRole role, WorkerSettings settings)
{
    /// <summary>The one with the most room among those whose models serve all of some languages; null when there is none.</summary>
    /// <exception cref="StackExchange.Redis.RedisException">Redis cannot be asked.</exception>
    public async Task<string?> FindAsync(IReadOnlyList<string> languages, CancellationToken cancellationToken) =>
        (await workers.ReadAsync(role.Jobs, cancellationToken))
            .Where(worker => worker.IsReady && worker.Id != settings.WorkerId && languages.All(worker.Languages.Contains))
            .MaxBy(worker => worker.Slots - worker.Busy)?.Id;
}
