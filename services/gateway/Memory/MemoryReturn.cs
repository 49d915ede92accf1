namespace Speech.Gateway.Memory;

/// <summary>
/// Gives memory back to the system after a flood: an idle gateway allocates too little for that to come by itself. When far fewer sessions are
/// left than there were, for a while, all is collected and compacted: once a flood.
/// </summary>
internal sealed partial class MemoryReturn(Func<int> sessions, IProcessMemory memory, TimeProvider time, ILogger<MemoryReturn> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // Below a quarter of the most there were, and the process half as large again as it was after the last return, or at its beginning.
    private const int Fall = 4;
    private const double Growth = 1.5;

    // Looks in a row: a flood may only pause.
    private const int LooksBefore = 3;

    private int _most;
    private int _quietLooks;
    private long _settledBytes = memory.ResidentBytes;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                Look();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>What is done at each interval.</summary>
    public void Look()
    {
        var count = sessions();
        _most = Math.Max(_most, count);
        var before = memory.ResidentBytes;
        _quietLooks = count <= _most / Fall && before > Growth * _settledBytes ? _quietLooks + 1 : 0;
        if (_quietLooks < LooksBefore)
            return;
        _quietLooks = 0;
        _most = count;
        memory.GiveBack();
        _settledBytes = memory.ResidentBytes;
        Log.Returned(logger, before >> 20, _settledBytes >> 20);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Memory given back after many sessions: {Before} MB before, {After} MB now")]
        public static partial void Returned(ILogger logger, long before, long after);
    }
}
