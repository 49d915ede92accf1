using System.ComponentModel;
using System.Diagnostics;
using Speech.Lab.Fleet;

namespace Speech.Lab.Chaos;

/// <summary>The docker command, which knows how to reach its engine, wherever that is.</summary>
internal static class Docker
{
    /// <summary>Longer than any container here takes to stop.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <returns>What it printed.</returns>
    /// <exception cref="FleetException">It is missing, said no, or took too long.</exception>
    public static async Task<string> RunAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("docker", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Start(start);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0 ? await output : throw new FleetException($"{Describe(start)}: {(await errors).Trim()}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FleetException($"{Describe(start)} has not ended after {Limit.TotalSeconds:F0} s.");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new FleetException($"The docker command cannot be run: {e.Message}. On Debian: sudo apt-get install docker.io");
        }
    }

    private static string Describe(ProcessStartInfo start) => $"docker {string.Join(' ', start.ArgumentList)}";
}
