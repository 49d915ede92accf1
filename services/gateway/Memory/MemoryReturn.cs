using System.Runtime;
using System.Runtime.InteropServices;
using Speech.Gateway.Sessions;

namespace Speech.Gateway.Memory;

/// <summary>
/// Gives memory back to the system after a flood. The runtime keeps what it once needed, for it may need it again, and an idle gateway
/// allocates too little for a collection to come by itself; glibc keeps what libopus and libsoxr have freed. So when far fewer sessions are
/// left than there were, for a while, all is collected and compacted, which stops everything for some tens of milliseconds: once a flood.
/// </summary>
internal sealed partial class MemoryReturn(SessionRegistry sessions, TimeProvider time, ILogger<MemoryReturn> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // Below a quarter of the most there were, and the process half as large again as it was after the last return, or at its beginning.
    private const int Fall = 4;
    private const double Growth = 1.5;

    // Looks in a row: a flood may only pause.
    private const int LooksBefore = 3;

    private int _most;
    private int _quietLooks;
    private long _settledBytes;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        _settledBytes = Environment.WorkingSet;
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                Look();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private void Look()
    {
        var count = sessions.Count;
        _most = Math.Max(_most, count);
        var before = Environment.WorkingSet;
        _quietLooks = count <= _most / Fall && before > Growth * _settledBytes ? _quietLooks + 1 : 0;
        if (_quietLooks < LooksBefore)
            return;
        _quietLooks = 0;
        _most = count;
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        TrimNativeHeap();
        _settledBytes = Environment.WorkingSet;
        Log.Returned(logger, before >> 20, _settledBytes >> 20);
    }

    private static void TrimNativeHeap()
    {
        try
        {
            _ = MallocTrim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library than glibc, which need not be told.
        }
        catch (DllNotFoundException)
        {
            // Likewise.
        }
    }

    [LibraryImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Memory given back after many sessions: {Before} MB before, {After} MB now")]
        public static partial void Returned(ILogger logger, long before, long after);
    }
}
