using System.Runtime.InteropServices;

namespace Speech.Cli;

/// <summary>
/// Ctrl-C, SIGTERM and SIGHUP. The first asks: the command ends what it does, and the program ends with it, or when its time is up,
/// whatever it waits for: a read of a pipe cannot be called off. The second ends the program at once.
/// </summary>
internal static class Interruption
{
    private const int SignalExitCode = 128;

    /// <summary>For what comes soon, such as the results of what has been said.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    /// <summary>For what is left to be done after that.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(0.5);

    /// <summary>For commands that started services: these stop in three stages of 5 s each, at most.</summary>
    private static readonly TimeSpan ServicesGrace = TimeSpan.FromSeconds(30);

    /// <summary>For what an impatient person leaves behind.</summary>
    private static readonly TimeSpan SecondGrace = TimeSpan.FromSeconds(1);

    private static readonly CancellationTokenSource AskedSource = new();
    private static readonly CancellationTokenSource AtOnceSource = new();
    private static readonly Lock Lock = new();
    private static PosixSignalRegistration[] _registrations = [];
    private static int _signals;
    private static int _exitCode;
    private static volatile bool _hasServices;

    /// <summary>Cancelled by the first signal.</summary>
    public static CancellationToken Asked => AskedSource.Token;

    /// <summary>Cancelled by the second.</summary>
    public static CancellationToken AtOnce => AtOnceSource.Token;

    /// <summary>128 and the signal's number, as shells have it; null while there was none.</summary>
    public static int? ExitCode => Volatile.Read(ref _exitCode) is > 0 and var code ? code : null;

    /// <summary>To be called at the program's start.</summary>
    public static void Watch() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, context => OnSignal(context, 2)),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => OnSignal(context, 15)),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => OnSignal(context, 1)),
    ];

    /// <summary>The command has started services, which take longer to stop.</summary>
    public static void HasServices()
    {
        _hasServices = true;
        GC.KeepAlive(_registrations);
    }

    private static void OnSignal(PosixSignalContext context, int number)
    {
        context.Cancel = true;
        int count;
        lock (Lock)
        {
            count = ++_signals;
            if (count == 1)
                Volatile.Write(ref _exitCode, SignalExitCode + number);
        }
        if (count == 1)
        {
            if (_hasServices)
                Console.Error.WriteLine("Stopping what was started; once more to end at once.");
            _ = AskedSource.CancelAsync();
            _ = EndAfterAsync(_hasServices ? ServicesGrace : Grace + Margin);
        }
        else if (count == 2)
        {
            _ = AtOnceSource.CancelAsync();
            _ = EndAfterAsync(_hasServices ? SecondGrace : TimeSpan.Zero);
        }
    }

    private static async Task EndAfterAsync(TimeSpan time)
    {
        await Task.Delay(time);
        Environment.Exit(_exitCode);
    }
}
