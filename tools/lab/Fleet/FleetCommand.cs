using Spectre.Console;
using Speech.Lab.Speakers;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Lab.Fleet;

/// <summary>What commands with a fleet of their own have in common: start it, work with it, stop it whatever happens, and report.</summary>
internal static class FleetCommand
{
    public static async Task<int> RunAsync(
        IAnsiConsole console,
        FleetOptions options,
        bool json,
        Func<LocalFleet, CancellationToken, Task<SpeakersReport>> work,
        CancellationToken cancellationToken)
    {
        try
        {
            await using var fleet = await console.Status().StartAsync(
                $"starting Redis, {Count(options.SttWorkers, "STT worker")}, {Count(options.TranslationWorkers, "translation worker")} and {Count(options.Gateways, "gateway")}",
                _ => LocalFleet.StartAsync(options, TimeProvider.System, cancellationToken));
            var report = await work(fleet, cancellationToken);
            if (await console.Status().StartAsync("stopping", _ => fleet.StopAsync()) is { } problem)
                report = report with { Problems = [.. report.Problems, problem] };
            return Print(console, report, json, $"The services' logs are in {fleet.LogFolder}.");
        }
        catch (Exception error) when (error is FleetException or FileNotFoundException or RedisException)
        {
            await Console.Error.WriteLineAsync(error.Message);
            return ExitCodes.Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
    }

    /// <summary>Prints a report.</summary>
    /// <param name="hint">Where to look when it is not well.</param>
    /// <returns>The exit code.</returns>
    public static int Print(IAnsiConsole console, SpeakersReport report, bool json, string hint)
    {
        console.WriteLine();
        ReportTable.Write(console, report);
        if (!report.Ok)
            console.WriteLine(hint);
        if (json)
            Console.Out.WriteLine(report.ToJson());
        return report.Ok ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static string Count(int number, string noun) => number switch
    {
        0 => $"no {noun}",
        1 => $"one {noun}",
        _ => $"{number} {noun}s",
    };
}
