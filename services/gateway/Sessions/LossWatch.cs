using Speech.Contracts.Server;
using Speech.Delivery.Jobs;

namespace Speech.Gateway.Sessions;

/// <summary>
/// What a client still waits for, and whether Redis has lost that: with the whole session, or, unnoticed by anyone else, with the stream
/// that it was on.
/// </summary>
internal sealed class LossWatch(string clientId, LostJobs jobs, OutstandingSegments segments, OutstandingTranslations translations)
{
    // Of each kind; the rest is looked for when these have come.
    private const int MostAtOnce = 256;

    private Failed[] _before = [];

    /// <summary>A failure for each result that is still to come, to be sent in its place should Redis have lost it.</summary>
    /// <param name="queued">Segments in Redis so far.</param>
    public IEnumerable<Failed> Failures(int queued) => OfSegments(queued).Concat(OfTranslations());

    /// <summary>
    /// To be called from time to time. Ends what is lost, if it was waited for the last time already: a worker may have it at hand yet.
    /// </summary>
    /// <param name="queued">Segments in Redis so far.</param>
    /// <param name="cancellationToken">Ends the waiting for Redis.</param>
    /// <returns>How many results will not come.</returns>
    public async Task<int> CheckAsync(int queued, CancellationToken cancellationToken)
    {
        Failed[] awaited = [.. OfSegments(queued).Take(MostAtOnce), .. OfTranslations().Take(MostAtOnce)];
        var overdue = awaited.Intersect(_before).ToArray();
        _before = awaited;
        return overdue.Length == 0 ? 0 : await jobs.FailAsync(clientId, overdue, cancellationToken);
    }

    // Made one by one: how many segments there were is what Redis says.
    private IEnumerable<Failed> OfSegments(int queued)
    {
        for (var segment = segments.Released; segment < queued; segment++)
            yield return new Failed(0, segment, Failed.Transcribing, "lost", "Redis lost this segment before its result came.");
    }

    private IEnumerable<Failed> OfTranslations() =>
        from outstanding in translations.Outstanding
        select new Failed(
            0, outstanding.Segment, Failed.Translating, "lost", "Redis lost this text before its translation came.", outstanding.Language);
}
