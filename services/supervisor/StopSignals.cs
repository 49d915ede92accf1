using System.Runtime.InteropServices;

namespace Speech.Supervisor;

/// <summary>Turns SIGINT, SIGTERM, SIGHUP and SIGQUIT into two tokens: the first signal asks to stop, the second to stop at once.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _kill = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly StatusLog _status;

    public StopSignals(StatusLog status)
    {
        _status = status;
        PosixSignal[] signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];
        _registrations = [.. signals.Select(signal => PosixSignalRegistration.Create(signal, OnSignal))];
    }

    public CancellationToken Stop => _stop.Token;

    public CancellationToken Kill => _kill.Token;

    /// <summary>Asks to stop when standard input ends: the program that started us holds its other end, and however that one dies, it closes.</summary>
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
        if (_stop.IsCancellationRequested)
            _kill.Cancel();
        else
            Request(context.Signal.ToString());
    }

    private void Request(string reason)
    {
        _status.Write($"stopping ({reason}); once more to stop at once");
        _stop.Cancel();
    }
}
