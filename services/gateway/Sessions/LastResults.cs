using Speech.Contracts.Server;
using Speech.Contracts.Sessions;

namespace Speech.Gateway.Sessions;

/// <summary>
/// After <c>stop</c>: waits until the client has everything, and says so. What it waits for must be on its way: Redis is asked from time
/// to time whether it has lost that, and so is whether the client has moved. Where nothing comes any more, patience has an end.
/// </summary>
internal sealed class LastResults(
    SessionServices services,
    SegmentPublisher publisher,
    OutstandingSegments outstanding,
    OutstandingTranslations translations,
    OutgoingMessages outgoing,
    Func<long> lastSeq)
{
    // In it a worker that was killed is missed and has a successor.
    private static readonly TimeSpan TranslatorGrace = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _patience = services.Options.ResultTimeout;

    /// <param name="publishing">Done when all segments are in Redis.</param>
    /// <param name="segments">How many there are.</param>
    /// <param name="ended">Something else has ended the session.</param>
    /// <returns>How the session ends.</returns>
    public async Task<Ending> WaitAsync(Task publishing, int segments, CancellationToken ended)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ended);
        var checking = MovedAsync(publishing, either.Token);
        var waiting = AllAsync(publishing, segments, either.Token);
        var first = await Task.WhenAny(waiting, checking);
        await either.CancelAsync();
        await ((Task)(first == waiting ? checking : waiting)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await first;
    }

    private async Task<Ending> AllAsync(Task publishing, int segments, CancellationToken cancellationToken)
    {
        if (!await AllTranscriptsAsync(publishing, segments, cancellationToken))
        {
            var missing = segments - outstanding.Released;
            await outgoing.TellAsync(
                new Warning("results_outstanding",
                    $"{missing} results are still outstanding; they are kept: reconnect with this client_id and resume_from={lastSeq()}."),
                cancellationToken);
            return new Ending(CloseCode.InternalError, $"{missing} results did not come in time; reconnect with resume_from={lastSeq()}");
        }
        if (!await AllTranslationsAsync(cancellationToken))
        {
            await outgoing.TellAsync(
                new Warning(
                    "translation_unavailable",
                    $"{translations.Count} translations have not come; they are kept when they do: reconnect with this client_id and resume_from={lastSeq()}."),
                cancellationToken);
        }
        await outgoing.TellAsync(new Done(), cancellationToken);
        return new Ending(CloseCode.Normal, "");
    }

    private async Task<bool> AllTranscriptsAsync(Task publishing, int segments, CancellationToken cancellationToken)
    {
        try
        {
            await publishing.WaitAsync(_patience, services.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return false;
        }
        return await outstanding.WaitForAllAsync(segments, _patience, cancellationToken);
    }

    /// <summary>Waits as long as translations come, and not for long when there is nobody to make them.</summary>
    private async Task<bool> AllTranslationsAsync(CancellationToken cancellationToken)
    {
        var step = _patience < TranslatorGrace ? _patience : TranslatorGrace;
        var (waited, left) = (TimeSpan.Zero, translations.Count);
        while (!await translations.WaitForAllAsync(step, cancellationToken))
        {
            waited = translations.Count == left ? waited + step : step;
            left = translations.Count;
            if (waited >= _patience || !await services.Translators.IsAnyoneThereAsync(cancellationToken))
                return false;
        }
        return true;
    }

    /// <summary>Completes when the client has moved to another gateway.</summary>
    private async Task<Ending> MovedAsync(Task publishing, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(SessionAudio.KeepAliveInterval, services.Time);
        await publishing.WaitAsync(cancellationToken);
        do
            await timer.WaitForNextTickAsync(cancellationToken);
        while (await publisher.CheckAsync(cancellationToken));
        return ClientSession.TakenOver;
    }
}
