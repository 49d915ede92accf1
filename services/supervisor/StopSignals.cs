using System.Runtime.InteropServices;

namespace Speech.Supervisor;

/// <summary>
/// Turns SIGINT, SIGTERM, SIGHUP and SIGQUIT into two tokens: one asks to stop, the same once more to stop at once. Only the same: a
/// terminal interrupts us together with the program that started us, which may then ask us to stop in its own way, and means no hurry.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _kill = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly StatusLog _status;
    private readonly Lock _lock = new();
    private PosixSignal? _first;

    public StopSignals(StatusLog status)
    {
        _status = status;
        PosixSignal[] signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];
        _registrations = [.. signals.Select(signal => PosixSignalRegistration.Create(signal, OnSignal))];
    }

    public CancellationToken Stop => _stop.Token;

    public CancellationToken Kill => _kill.Token;

    /// <summary>
    /// Asks to stop when standard input ends: the program that started us holds its other end, and however that one dies, it closes.
    /// </summary>
    public void StopWhenStandardInputEnds()
    {
        var watcher = new Thread(() =>
        {
            using var input = Console.OpenStandardInput();
            Span<byte> ignored = stackalloc byte[256];
            while (input.Read(ignored) > 0)
            {
            }
            Request("standard input ended");
        })
        { IsBackground = true, Name = "stdin" };
        watcher.Start();
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        lock (_lock)
        {
            if (_first == context.Signal)
                _ = _kill.CancelAsync(); // Not here: what waits for it must not run under our lock.
            _first ??= context.Signal;
            Request($"{context.Signal}; once more to stop at once");
        }
    }

    private void Request(string reason)
    {
        lock (_lock)
        {
            if (_stop.IsCancellationRequested)
                return;
            _status.Write($"stopping ({reason})");
            _ = _stop.CancelAsync();
        }
    }
}
