using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Speech.Client;
using Speech.Lab.Fleet;
using Speech.Lab.Speakers;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Lab.Chaos;

/// <summary>
/// `chaos`: clients talk while a seeded schedule kills, freezes, stops and disconnects everything, Redis too: of a Speech of its own, of
/// containers, or, where no more can be reached, only their connections. At the end each must have heard, word for word, what it hears when
/// nothing happens: nothing lost, nothing doubled, in order.
/// </summary>
internal static class ChaosCommand
{
    private const int UtterancesEach = 7;

    /// <summary>For what is under way at the end.</summary>
    private static readonly TimeSpan SettleLimit = TimeSpan.FromMinutes(4);

    /// <summary>For the queues, when all clients have heard all.</summary>
    private static readonly TimeSpan QueueLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan QueueInterval = TimeSpan.FromMilliseconds(100);

    private static readonly Option<bool> Docker =
        new("--docker") { Description = "Harm the containers that ./speech up --docker has started, instead of a Speech of its own." };

    private static readonly Option<string?> Url = Options.Url(
        $"The server to talk to, of which only clients' connections are harmed; with --docker, where that is if not at {Options.DefaultUrl}.");

    private static readonly Option<double> Minutes = new("--minutes")
    {
        Description = "How long things go wrong.",
        HelpName = "M",
        DefaultValueFactory = _ => 1,
        Validators =
        {
            result =>
            {
                // What is no number is told of by the parser; asking for its value would throw.
                if (result.Errors.Any() || result.Tokens is [{ Value: var text }]
                    && !double.TryParse(text, CultureInfo.InvariantCulture, out _))
                    return;
                if (result.GetValueOrDefault<double>() is not (> 0 and <= 24 * 60))
                    result.AddError("--minutes must be above 0 and at most a day.");
            },
        },
    };

    private static readonly Option<int> Seed = Options.Number(
        "--seed", "S", "Of the schedule: the same faults for the same seed.", 1, 0, int.MaxValue);
    private static readonly Option<int> Clients = Options.Number("--clients", "N", "How many talk at the same time.", 6, 1, 65);
    private static readonly Option<int> TranslationWorkers = Options.Number(
        "--translation-workers", "N",
        "How many to start, for a Speech of its own. Where there are any, all is translated into French, too.", 0, 0, 16);
    private static readonly Option<bool> Json = Options.Json("Print the report as one JSON object, and all else on standard error.");

    public static Command Create()
    {
        var command = new Command("chaos", "Lets everything go wrong while clients talk, and checks that nothing is lost or doubled.")
        {
            Minutes, Seed, Clients, TranslationWorkers, Docker, Url, Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var json = parsed.GetValue(Json);
        var console = json ? Terminal.Errors() : Terminal.Output();
        try
        {
            await using var deployment = await console.Status().StartAsync("starting", _ => DeploymentAsync(parsed, cancellationToken));
            if (deployment.Parts.Count == 0)
                console.MarkupLine("[yellow]Of a server that is no more than an address, only clients' connections can be harmed; --docker harms containers on this host.[/]");
            var report = await RunAsync(deployment, parsed, console, cancellationToken);
            if (await console.Status().StartAsync("ending", _ => deployment.EndAsync(cancellationToken)) is { } problem)
                report = report with { Problems = [.. report.Problems, problem] };
            Write(console, report, deployment);
            if (json)
                Console.WriteLine(report.ToJson());
            return report.Ok ? ExitCodes.Ok : ExitCodes.Failed;
        }
        catch (Exception error) when (error is FleetException or FileNotFoundException or RedisException or SpeechClientException)
        {
            await Console.Error.WriteLineAsync(error.Message);
            return ExitCodes.Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
    }

    private static async Task<IDeployment> DeploymentAsync(ParseResult parsed, CancellationToken cancellationToken) =>
        (parsed.GetValue(Docker), parsed.GetValue(Url)) switch
        {
            (true, var url) => await ComposeDeployment.FindAsync(Options.UrlOrDefault(url), cancellationToken),
            (false, { } url) => await RemoteDeployment.FindAsync(new Uri(url), cancellationToken),
            _ => await FleetDeployment.StartAsync(parsed.GetValue(TranslationWorkers), TimeProvider.System, cancellationToken),
        };

    private static async Task<ChaosReport> RunAsync(
        IDeployment deployment, ParseResult parsed, IAnsiConsole console, CancellationToken cancellationToken)
    {
        var clock = TimeProvider.System;
        var minutes = parsed.GetValue(Minutes);
        var recordings = BuiltInRecordings.Load();
        ChaosClient[] clients =
        [
            .. Enumerable.Range(0, parsed.GetValue(Clients)).Select(number => new ChaosClient(
                number,
                SpeakerScript.Join($"{number}", Enumerable.Range(number * UtterancesEach, UtterancesEach)
                    .Select(next => recordings[next % recordings.Count]), seed: number),
                deployment,
                clock)),
        ];
        await console.Status().StartAsync("listening to what is heard when nothing happens", _ =>
            Task.WhenAll(clients.Select(client => client.RehearseAsync(cancellationToken))));

        var begun = clock.GetTimestamp();
        var schedule = FaultSchedule.Make(parsed.GetValue(Seed), TimeSpan.FromMinutes(minutes), deployment.Parts, clients.Length);
        var injector = new FaultInjector(
            deployment,
            number => clients[number].CutOff(),
            fault => console.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{clock.GetElapsedTime(begun).TotalSeconds,7:F1} s  {fault}")),
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

        var queue = await SettledQueueAsync(deployment, clock, cancellationToken);
        if (queue is not { IsEmpty: true })
            problems.Add(queue is null ? "nobody tells what is left on the queues" : $"the queue is not empty: {queue}");
        return new ChaosReport(
            parsed.GetValue(Seed),
            minutes,
            clients.Length,
            injector.Happened.ToDictionary(pair => pair.Key.ToString(), pair => pair.Value),
            clients.Sum(client => client.Talks),
            clients.Sum(client => client.CutTalks),
            clients.Sum(client => client.Segments),
            clients.Sum(client => client.Returns),
            queue,
            [.. problems, .. clients.SelectMany(client => client.Problems)]);
    }

    /// <summary>The queues when the last jobs have had a moment to be finished, and Redis to come back.</summary>
    private static async Task<QueueState?> SettledQueueAsync(
        IDeployment deployment, TimeProvider clock, CancellationToken cancellationToken)
    {
        var begun = clock.GetTimestamp();
        while (true)
        {
            var queue = await deployment.QueueAsync(cancellationToken);
            if (queue is { Depth: 0, Pending: 0 or null } || clock.GetElapsedTime(begun) > QueueLimit)
                return queue;
            await Task.Delay(QueueInterval, clock, cancellationToken);
        }
    }

    private static void Write(IAnsiConsole console, ChaosReport report, IDeployment deployment)
    {
        console.WriteLine();
        console.WriteLine(
            $"{report.Faults.Values.Sum()} faults: {string.Join(", ", report.Faults.Select(fault => $"{fault.Value} {fault.Key}"))}");
        console.WriteLine($"{report.Talks} talks of {report.Clients} clients, {report.Segments} segments, {report.Returns} returns of clients; queue at the end: {report.QueueAtEnd}");
        if (report.CutTalks > 0)
        {
            console.WriteLine(
                $"In {report.CutTalks} of the talks a client was away for longer than the {deployment.ResumePatience.TotalSeconds} s that it is waited for (RESUME_SECONDS), "
                + "and may have been cut in mid-word: its results were counted, not compared.");
        }
        foreach (var problem in report.Problems)
            console.MarkupLine($"[red]not well:[/] {Markup.Escape(problem)}");
        if (report.Ok)
            console.MarkupLine(
                "[green]Every client has heard what it hears when nothing happens: nothing lost, nothing doubled, in order.[/]");
        else
            console.WriteLine(deployment.WhereToLook);
    }
}
