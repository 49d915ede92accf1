using Speech.Delivery.Heartbeats;
using Speech.Delivery.Jobs;
using Speech.Gateway.Status;
using Speech.Redis;

namespace Speech.Gateway.Languages;

/// <summary>What the workers that live serve, all together. Looked up at most once a second, however many ask.</summary>
internal sealed class ServedLanguages(LiveWorkers workers, TimeProvider time)
{
    private static readonly TimeSpan RedisTimeout = TimeSpan.FromSeconds(2);

    private readonly SharedAnswer<Served> _answer = new(time);

    public Task<Served> GetAsync(CancellationToken cancellationToken) => _answer.GetAsync(LookAsync).WaitAsync(cancellationToken);

    private async Task<Served> LookAsync()
    {
        try
        {
            using var timeout = new CancellationTokenSource(RedisTimeout, time);
            var transcription = OfAsync(JobStream.Audio, timeout.Token);
            var translation = OfAsync(JobStream.Translations, timeout.Token);
            return new Served(await transcription, await translation);
        }
        catch (Exception e) when (e is RedisException or OperationCanceledException)
        {
            return Served.Unknown;
        }
    }

    private async Task<IReadOnlySet<string>> OfAsync(JobStream jobs, CancellationToken cancellationToken) =>
        (await workers.ReadAsync(jobs, cancellationToken)).SelectMany(worker => worker.Languages).ToHashSet(StringComparer.Ordinal);
}

/// <param name="Transcription">Whisper's codes; none when no worker has its model; null when Redis cannot be asked.</param>
/// <param name="Translation">NLLB's codes; likewise.</param>
internal sealed record Served(IReadOnlySet<string>? Transcription, IReadOnlySet<string>? Translation)
{
    public static Served Unknown { get; } = new(null, null);
}
