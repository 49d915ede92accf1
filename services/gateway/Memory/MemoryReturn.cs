namespace Speech.Gateway.Memory;

/// <summary>
/// Gives memory back to the system after a flood: an idle gateway allocates too little for that to come by itself. When far fewer sessions
/// are left than there were, for a while, all is collected and compacted, and again each minute for a few minutes while that helps.
/// </summary>
internal sealed partial class MemoryReturn(Func<int> sessions, IProcessMemory memory, TimeProvider time, ILogger<MemoryReturn> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // Below a quarter of the most there were, and the process half as large again as it was after the last return, or at its beginning.
    private const int Fall = 4;
    private const double Growth = 1.5;

    // Looks in a row: a flood may only pause.
    private const int LooksBefore = 3;

    // The server gives its buffers back to the runtime little by little, over minutes: a single return would not have them.
    private const int LooksBetween = 12;
    private const int MostReturns = 6;

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
        var isOver = _most >= Fall && count <= _most / Fall;
        if (isOver && before <= Growth * _settledBytes)
        {
            (_most, _quietLooks) = (count, 0);
            return;
        }

        _quietLooks = isOver ? _quietLooks + 1 : 0;
        if (_quietLooks < LooksBefore || (_quietLooks - LooksBefore) % LooksBetween != 0)
            return;
        memory.GiveBack();
        Log.Returned(logger, before >> 20, memory.ResidentBytes >> 20);
        if (_quietLooks >= LooksBefore + (MostReturns - 1) * LooksBetween)
            (_most, _quietLooks, _settledBytes) = (count, 0, memory.ResidentBytes);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Memory given back after many sessions: {Before} MB before, {After} MB now")]
        public static partial void Returned(ILogger logger, long before, long after);
    }
}
