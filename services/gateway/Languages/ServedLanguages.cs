using Speech.Delivery.Heartbeats;
using Speech.Gateway.Status;

namespace Speech.Gateway.Languages;

/// <summary>What the models of the workers that live serve, all together.</summary>
internal sealed class ServedLanguages(KnownWorkers workers)
{
    public async Task<Served> GetAsync(CancellationToken cancellationToken) => new(
        Of(await workers.TranscribersAsync(cancellationToken)), Of(await workers.TranslatorsAsync(cancellationToken)));

    private static HashSet<string>? Of(IReadOnlyList<LiveWorker>? workers) =>
        workers?.Where(worker => worker.IsReady).SelectMany(worker => worker.Languages).ToHashSet(StringComparer.Ordinal);
}

/// <param name="Transcription">Whisper's codes; none when no worker has its model; null when Redis cannot be asked.</param>
/// <param name="Translation">NLLB's codes; likewise.</param>
internal sealed record Served(IReadOnlySet<string>? Transcription, IReadOnlySet<string>? Translation);
