namespace Speech.Workers.Jobs;

/// <summary>Growing, jittered pauses of a loop that fails again and again, such as while Redis is away.</summary>
public sealed class Backoff(TimeProvider time)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    private TimeSpan _next = First;

    public Task PauseAsync(CancellationToken cancellationToken)
    {
        var pause = _next * (0.5 + Random.Shared.NextDouble() / 2);
        _next = _next * 2 < Longest ? _next * 2 : Longest;
        return Task.Delay(pause, time, cancellationToken);
    }

    public void Reset() => _next = First;
}
