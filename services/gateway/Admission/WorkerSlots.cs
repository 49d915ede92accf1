using Speech.Gateway.Status;

namespace Speech.Gateway.Admission;

/// <summary>How many segments all STT workers together can work on at once, looked at every few seconds.</summary>
internal sealed class WorkerSlots(KnownWorkers workers, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private int _count;

    /// <summary>0: no worker is there, or none is known of. As many as there were while Redis cannot be asked.</summary>
    public int Count => Volatile.Read(ref _count);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                if (await workers.TranscribersAsync(stoppingToken) is { } live)
                    Volatile.Write(ref _count, live.Where(worker => worker.IsReady).Sum(worker => worker.Slots));
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }
}
