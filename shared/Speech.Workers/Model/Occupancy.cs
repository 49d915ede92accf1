namespace Speech.Workers.Model;

/// <summary>A count of things in progress that can be waited on to fall. Safe for all threads.</summary>
public sealed class Occupancy
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _fell = NewSignal();
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Enter() => Interlocked.Increment(ref _count);

    public void Leave(int count = 1)
    {
        lock (_gate)
        {
            Interlocked.Add(ref _count, -count);
            _fell.SetResult();
            _fell = NewSignal();
        }
    }

    public async Task WaitUntilAtMostAsync(int count, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task fell;
            lock (_gate)
            {
                if (_count <= count)
                    return;
                fell = _fell.Task;
            }

            await fell.WaitAsync(cancellationToken);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
