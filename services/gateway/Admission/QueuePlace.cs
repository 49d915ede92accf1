namespace Speech.Gateway.Admission;

/// <summary>
/// One segment before the queue: a live one may be tried at once, another when it is its client's turn; either of them, once it was
/// refused, when there is room. Disposed of, the turn passes on.
/// </summary>
/// <param name="turnstile">The place in the row of those that are not live; null for a live one.</param>
/// <param name="isFirstOfClient">Whether its client, who speaks, has nothing else in the queue: it is never refused that.</param>
internal sealed class QueuePlace(
    QueueAdmission admission, string clientId, Turnstile.Place? turnstile, Func<bool> isFirstOfClient, TimeProvider time) : IDisposable
{
    private bool _wasTried;

    /// <summary>Entries that the client's shard may have before this one; 0: any number.</summary>
    public int Most =>
        admission.IsOpenToAll || (turnstile is null && isFirstOfClient()) ? 0
        : turnstile is null ? admission.MostForLive
        : admission.MostForBulk;

    /// <summary>Waits for the turn and for room.</summary>
    /// <param name="patience">For each of the two; then whoever waits is to look after other things, and come again.</param>
    /// <returns>Whether it may be tried now. Whether there still is room shows when the segment is written: see <see
    /// cref="Most"/>.</returns>
    /// <exception cref="StackExchange.Redis.RedisException">Redis cannot be asked.</exception>
    public async Task<bool> MayTryAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (!_wasTried && turnstile is null)
            return _wasTried = true;
        if (turnstile is { Turn.IsCompleted: false } && !admission.IsOpenToAll)
        {
            try
            {
                await turnstile.Turn.WaitAsync(patience, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                return admission.IsOpenToAll;
            }
        }
        return await admission.HasRoomAsync(clientId, () => Most, patience, cancellationToken);
    }

    public void Dispose() => turnstile?.Dispose();
}
