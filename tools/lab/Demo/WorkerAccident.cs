using System.Diagnostics;
using Spectre.Console;
using Speech.Lab.Fleet;

namespace Speech.Lab.Demo;

/// <summary>kill -9 of a worker that has a job in its hands, after some transcripts have been heard.</summary>
internal sealed class WorkerAccident(LocalFleet fleet, int afterTranscripts, IAnsiConsole console)
{
    private readonly TaskCompletionSource _due = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _heard;

    public void Heard()
    {
        if (++_heard == afterTranscripts)
            _due.TrySetResult();
    }

    public async Task HappenAsync(CancellationToken cancellationToken)
    {
        await _due.Task.WaitAsync(cancellationToken);
        await using var monitor = new FleetMonitor(fleet, TimeProvider.System);
        await monitor.WaitForPendingJobAsync(cancellationToken);
        var worker = fleet.Report.Workers[0];
        using var process = Process.GetProcessById(worker.Pid);
        process.Kill();
        console.MarkupLine($"[red]kill -9 {worker.Pid}[/] ({worker.Name}, with a job in its hands)");
    }
}
