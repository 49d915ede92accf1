using Speech.Contracts.Server;

namespace Speech.Gateway.Sessions;

/// <summary>
/// Which translations a client will still get: a transcript says which follow it, and each of them comes, or a failure in its place.
/// </summary>
internal sealed class OutstandingTranslations(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly HashSet<(int Segment, string Language)> _outstanding = [];
    private long _since;
    private TaskCompletionSource _progress = NewProgress();

    public int Count
    {
        get
        {
            lock (_gate)
                return _outstanding.Count;
        }
    }

    /// <summary>The first segments' first.</summary>
    public (int Segment, string Language)[] Outstanding
    {
        get
        {
            lock (_gate)
                return [.. _outstanding.Order()];
        }
    }

    /// <summary>To be called first.</summary>
    /// <param name="outstanding">Those of transcripts up to a seq.</param>
    /// <param name="seq">Results up to this one, should they come again, change nothing.</param>
    public void Begin(IEnumerable<(int Segment, string Language)> outstanding, long seq)
    {
        lock (_gate)
        {
            _since = seq;
            _outstanding.UnionWith(outstanding);
        }
    }

    /// <summary>The client has been given a result.</summary>
    public void See(ResultEnvelope envelope)
    {
        TaskCompletionSource? progress = null;
        lock (_gate)
        {
            if (envelope.Seq <= _since)
                return;
            if (envelope.Result is Transcript { Translations: { } languages })
                _outstanding.UnionWith(languages.Select(language => (envelope.Result.Segment, language)));
            if (LanguageOf(envelope.Result) is { } done && _outstanding.Remove((envelope.Result.Segment, done)))
                (progress, _progress) = (_progress, NewProgress());
        }
        progress?.SetResult();
    }

    /// <summary>Waits until none is outstanding; false when none came for as long as <paramref name="patience"/>.</summary>
    public async Task<bool> WaitForAllAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task progress;
            lock (_gate)
            {
                if (_outstanding.Count == 0)
                    return true;
                progress = _progress.Task;
            }
            try
            {
                await progress.WaitAsync(patience, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                return Count == 0;
            }
        }
    }

    private static string? LanguageOf(SegmentResult result) => result switch
    {
        Translation translation => translation.Language,
        Failed failed => failed.Language,
        _ => null,
    };

    private static TaskCompletionSource NewProgress() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
