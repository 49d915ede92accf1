using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace Speech.Hosting;

/// <summary>
/// Stops the application on SIGTERM, SIGINT and SIGQUIT, as the platform's own lifetime does, with one difference: one that comes while the
/// application starts lets it start first. The platform cancels the start, which Kestrel and others answer with an exception: the
/// process then ends by SIGABRT, as if it had crashed. A start that takes long is cancelled after all; see
/// <see cref="SpeechHost.RunSpeechAsync"/>.
/// </summary>
internal sealed class SignalLifetime(IHostApplicationLifetime application, TimeProvider clock) : IHostLifetime, IDisposable
{
    /// <summary>A start takes a fraction of it; what a service waits for, it waits for in the background.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(2);

    private PosixSignalRegistration[] _registrations = [];

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        PosixSignal[] signals = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT];
        _registrations = [.. signals.Select(signal => PosixSignalRegistration.Create(signal, OnSignal))];
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>What a signal does.</summary>
    public void Stop()
    {
        application.ApplicationStarted.UnsafeRegister(
            static application => ((IHostApplicationLifetime)application!).StopApplication(), application);
        _ = StopSoonAsync();
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }

    private async Task StopSoonAsync()
    {
        await Task.Delay(StartLimit, clock);
        application.StopApplication();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        Stop();
    }
}
