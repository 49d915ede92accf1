namespace Speech.Gateway.Status;

/// <summary>An answer that takes work, made at most once a second, however many ask.</summary>
internal sealed class SharedAnswer<T>(TimeProvider time)
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Task<T>? _answer;
    private long _askedAt;

    /// <param name="make">Must not fail, and always makes the same.</param>
    public Task<T> GetAsync(Func<Task<T>> make)
    {
        lock (_gate)
        {
            if (_answer is { } answer && (!answer.IsCompleted || time.GetElapsedTime(_askedAt) < Freshness))
                return answer;
            _askedAt = time.GetTimestamp();
            return _answer = make();
        }
    }
}
