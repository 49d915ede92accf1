namespace Speech.Redis;

/// <summary>Waits that double up to a limit, each shortened at random by up to half, so that clients do not return in step.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan max)
{
    private readonly TimeSpan _first = first;
    private TimeSpan _next = first;

    public TimeSpan Next()
    {
        var delay = _next;
        _next = delay * 2 < max ? delay * 2 : max;
        return delay * (0.5 + Random.Shared.NextDouble() / 2);
    }

    public void Reset() => _next = _first;
}
