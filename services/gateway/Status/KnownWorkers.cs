using Speech.Delivery.Heartbeats;
using Speech.Delivery.Jobs;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Gateway.Status;

/// <summary>
/// Who works on the queues, as far as this gateway knows: asked at most once a second, however many sessions want to know. Who lives is
/// what
/// <see cref="LiveWorkers"/> says, everywhere.
/// </summary>
internal sealed class KnownWorkers(LiveWorkers workers, TimeProvider time)
{
    private static readonly TimeSpan RedisTimeout = TimeSpan.FromSeconds(2);

    private readonly SharedAnswer<IReadOnlyList<LiveWorker>?> _transcribers = new(time);
    private readonly SharedAnswer<IReadOnlyList<LiveWorker>?> _translators = new(time);

    /// <returns>Those that live; null when Redis cannot be asked.</returns>
    public Task<IReadOnlyList<LiveWorker>?> TranscribersAsync(CancellationToken cancellationToken) =>
        _transcribers.GetAsync(() => AskAsync(JobStream.Audio)).WaitAsync(cancellationToken);

    /// <returns>As that of <see cref="TranscribersAsync"/>.</returns>
    public Task<IReadOnlyList<LiveWorker>?> TranslatorsAsync(CancellationToken cancellationToken) =>
        _translators.GetAsync(() => AskAsync(JobStream.Translations)).WaitAsync(cancellationToken);

    private async Task<IReadOnlyList<LiveWorker>?> AskAsync(JobStream jobs)
    {
        try
        {
            // Those who wait may go away; the answer is for all of them.
            using var timeout = new CancellationTokenSource(RedisTimeout, time);
            return await workers.ReadAsync(jobs, timeout.Token);
        }
        catch (Exception e) when (e is RedisException or OperationCanceledException)
        {
            return null; // others log and show that Redis is away
        }
    }
}
