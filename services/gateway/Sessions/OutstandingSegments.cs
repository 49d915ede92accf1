namespace Speech.Gateway.Sessions;

/// <summary>
/// How many of a client's segments have been cut and not yet transcribed. Results come in segment order, so one number, the first
/// segment without a result, says it all. It bounds what one client can put into the queue: when too much is outstanding, its
/// socket is read no further until results come.
/// </summary>
internal sealed class OutstandingSegments(TimeProvider time)
{
    private readonly Lock _gate = new();
    private int _released;
    private TaskCompletionSource _progress = NewProgress();

    /// <summary>The results of all segments below this have come.</summary>
    public int Released
    {
        get
        {
            lock (_gate)
                return _released;
        }
    }

    /// <summary>The segment's transcript, or the news that there is none, has come.</summary>
    public void Release(int segment)
    {
        TaskCompletionSource progress;
        lock (_gate)
        {
            if (segment < _released)
                return;
            _released = segment < int.MaxValue ? segment + 1 : segment; // a number from Redis, so from anybody
            progress = _progress;
            _progress = NewProgress();
        }
        progress.SetResult();
    }

    /// <summary>Whether fewer than <paramref name="limit"/> segments before this one are outstanding.</summary>
    public bool HasRoom(int segment, int limit) => TryGetProgress(segment, limit) is null;

    /// <summary>Waits until fewer than <paramref name="limit"/> segments before this one are outstanding.</summary>
    /// <param name="segment">The one that is to be added.</param>
    /// <param name="limit">Asked again after every result and every <paramref name="recheck"/>.</param>
    /// <param name="recheck">How soon a raised limit is noticed.</param>
    /// <param name="cancellationToken">Ends the wait with an exception.</param>
    public async ValueTask WaitForRoomAsync(int segment, Func<int> limit, TimeSpan recheck, CancellationToken cancellationToken)
    {
        while (TryGetProgress(segment, limit()) is { } progress)
            await WaitAsync(progress, recheck, cancellationToken);
    }

    /// <summary>
    /// Waits for the results of all segments below <paramref name="count"/>; false when none came for as long as
    /// <paramref name="patience"/>.
    /// </summary>
    public async Task<bool> WaitForAllAsync(int count, TimeSpan patience, CancellationToken cancellationToken)
    {
        while (TryGetProgress(count, 1) is { } progress)
        {
            if (!await WaitAsync(progress, patience, cancellationToken))
                return Released >= count;
        }
        return true;
    }

    /// <summary>
    /// What to wait for while <paramref name="limit"/> or more segments below <paramref name="segment"/> are outstanding; null when fewer
    /// are.
    /// </summary>
    private Task? TryGetProgress(int segment, int limit)
    {
        lock (_gate)
            return segment - _released < limit ? null : _progress.Task;
    }

    private async Task<bool> WaitAsync(Task progress, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            await progress.WaitAsync(patience, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static TaskCompletionSource NewProgress() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
