using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Speech.Cli.Fleet;
using Speech.Cli.Speakers;
using Speech.Redis;

namespace Speech.Cli.Chaos;

/// <summary>
/// `chaos`: clients talk through two gateways and two STT workers while a seeded schedule kills, freezes, stops and disconnects everything,
/// Redis too. At the end each must have heard, word for word, what it hears when nothing happens: nothing lost, nothing doubled, in order.
/// </summary>
internal static class ChaosCommand
{
    private const int UtterancesEach = 7;

    /// <summary>For what is under way at the end.</summary>
    private static readonly TimeSpan SettleLimit = TimeSpan.FromMinutes(4);

    private static readonly Option<double> Minutes = new("--minutes")
    {
        Description = "How long things go wrong.",
        HelpName = "M",
        DefaultValueFactory = _ => 1,
        Validators =
        {
            result =>
            {
                if (result.GetValueOrDefault<double>() is not (> 0 and <= 24 * 60))
                    result.AddError("--minutes must be above 0 and at most a day.");
            },
        },
    };

    private static readonly Option<int> Seed = Options.Number("--seed", "S", "Of the schedule: the same faults for the same seed.", 1, 0, int.MaxValue);
    private static readonly Option<int> Clients = Options.Number("--clients", "N", "How many talk at the same time.", 6, 1, 65);
    private static readonly Option<int> TranslationWorkers = Options.Number("--translation-workers", "N", "With any, all is translated into French, too.", 0, 0, 16);
    private static readonly Option<bool> Json = Options.Json("Print the report as one JSON object, and all else on standard error.");

    public static Command Create()
    {
        var command = new Command("chaos", "Starts Speech, lets everything go wrong while clients talk, and checks that nothing is lost or doubled.")
        {
            Minutes, Seed, Clients, TranslationWorkers, Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var json = parsed.GetValue(Json);
        var console = json ? Terminal.Errors() : Terminal.Output();
        var options = new FleetOptions
        {
            Name = "chaos",
            Gateways = 2,
            SttWorkers = 2,
            TranslationWorkers = parsed.GetValue(TranslationWorkers),

            // A client may find no gateway for a while, and a job lose several workers: neither is what is tested here.
            Settings = ["RESUME_SECONDS=60", "DRAIN_TIMEOUT_SECONDS=30", "MAX_DELIVERIES=50", "JOB_TIMEOUT_MS=10000"],
        };
        try
        {
            await using var fleet = await console.Status().StartAsync("starting", _ => LocalFleet.StartAsync(options, TimeProvider.System, cancellationToken));
            var report = await RunAsync(fleet, parsed, console, cancellationToken);
            if (await console.Status().StartAsync("stopping", _ => fleet.StopAsync()) is { } problem)
                report = report with { Problems = [.. report.Problems, problem] };
            Write(console, report, fleet.LogFolder);
            if (json)
                Console.WriteLine(report.ToJson());
            return report.Ok ? ExitCodes.Ok : ExitCodes.Failed;
        }
        catch (Exception error) when (error is FleetException or FileNotFoundException or RedisException or Client.SpeechClientException)
        {
            await Console.Error.WriteLineAsync(error.Message);
            return ExitCodes.Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
    }

    private static async Task<ChaosReport> RunAsync(LocalFleet fleet, ParseResult parsed, IAnsiConsole console, CancellationToken cancellationToken)
    {
        var clock = TimeProvider.System;
        var minutes = parsed.GetValue(Minutes);
        var recordings = BuiltInRecordings.Load();
        string[] translate = parsed.GetValue(TranslationWorkers) > 0 ? ["fr"] : [];
        ChaosClient[] clients =
        [
            .. Enumerable.Range(0, parsed.GetValue(Clients)).Select(number => new ChaosClient(
                number,
                SpeakerScript.Join($"{number}", Enumerable.Range(number * UtterancesEach, UtterancesEach).Select(next => recordings[next % recordings.Count]), seed: number),
                () => [.. Enumerable.Range(0, 2).Select(fleet.Report.GatewayUrl)],
                translate,
                clock)),
        ];
        await console.Status().StartAsync("listening to what is heard when nothing happens", _ =>
            Task.WhenAll(clients.Select(client => client.RehearseAsync(cancellationToken))));

        var begun = clock.GetTimestamp();
        var parts = fleet.Report.Parts.Select(part => part.Name).ToArray();
        var schedule = FaultSchedule.Make(parsed.GetValue(Seed), TimeSpan.FromMinutes(minutes), parts, clients.Length);
        var injector = new FaultInjector(
            fleet,
            number => clients[number].CutOff(),
            fault => console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.GetElapsedTime(begun).TotalSeconds,7:F1} s  {fault}")),
            clock);
        using var over = new CancellationTokenSource();
        using var settled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var talking = Task.WhenAll(clients.Select(client => client.RunAsync(over.Token, settled.Token)));
        await injector.RunAsync(schedule, cancellationToken);
        await over.CancelAsync();
        settled.CancelAfter(SettleLimit);

        var problems = new List<string>();
        try
        {
            await talking;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            problems.Add($"some clients were still waiting {SettleLimit.TotalMinutes:F0} minutes after the last fault");
        }

        await using var monitor = new FleetMonitor(fleet, clock);
        var queue = await monitor.SettledAsync(cancellationToken);
        if (queue != new QueueState(0, 0, 0))
            problems.Add($"the queue is not empty: {queue}");
        return new ChaosReport(
            parsed.GetValue(Seed),
            minutes,
            clients.Length,
            injector.Happened.ToDictionary(pair => pair.Key.ToString(), pair => pair.Value),
            clients.Sum(client => client.Talks),
            clients.Sum(client => client.Segments),
            clients.Sum(client => client.Returns),
            queue,
            [.. problems, .. clients.SelectMany(client => client.Problems)]);
    }

    private static void Write(IAnsiConsole console, ChaosReport report, string logs)
    {
        console.WriteLine();
        console.WriteLine($"{report.Faults.Values.Sum()} faults: {string.Join(", ", report.Faults.Select(fault => $"{fault.Value} {fault.Key}"))}");
        console.WriteLine($"{report.Talks} talks of {report.Clients} clients, {report.Segments} segments, {report.Returns} returns of clients; queue at the end: {report.QueueAtEnd}");
        foreach (var problem in report.Problems)
            console.MarkupLine($"[red]not well:[/] {Markup.Escape(problem)}");
        if (report.Ok)
            console.MarkupLine("[green]Every client has heard what it hears when nothing happens: nothing lost, nothing doubled, in order.[/]");
        else
            console.WriteLine($"The services' logs are in {logs}.");
    }
}
