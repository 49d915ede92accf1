using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Speech.Client;
using Speech.Contracts;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Lab.Fleet;
using Speech.Lab.Speakers;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Lab.Bench;

/// <summary>
/// `bench fairness`: people talk, first alone, then while others send recordings as fast as they are taken. How much longer do those who
/// talk wait, is anyone refused, how long does the queue get, and does everyone who floods get as much?
/// </summary>
internal static class FairnessBench
{
    private const double MostRatio = 2;

    private static readonly Option<int> Clients = Options.Number("--clients", "N", "How many talk at real-time speed.", 3, 1, 1000);
    private static readonly Option<int> Flooders = Options.Number(
        "--flooders", "N", "How many send recordings as fast as they are taken.", 40, 1, 10_000);
    private static readonly Option<int> Seconds = Options.Number(
        "--seconds", "S", "How long each talks, alone and in the flood.", 30, 10, 3600);
    private static readonly Option<int> SttWorkers = Options.Number("--stt-workers", "N", "How many STT workers to start.", 1, 1, 64);
    private static readonly Option<int> Gateways = Options.Number(
        "--gateways", "N", "How many gateways to start; clients go round them.", 1, 1, 64);

    public static Command Create()
    {
        var command = new Command(
            "fairness", "Lets some clients talk while others flood the server with recordings, and measures what that does to them.")
        {
            Clients, Flooders, Seconds, SttWorkers, Gateways,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var console = Terminal.Output();
        var timing = SegmentTiming.OfEnvironment();
        var options = new FleetOptions
        {
            Name = "bench-fairness",
            SttWorkers = parsed.GetValue(SttWorkers),
            Gateways = parsed.GetValue(Gateways),
            Settings = [timing.Setting],
        };
        try
        {
            await using var fleet = await console.Status()
                .StartAsync("starting", _ => LocalFleet.StartAsync(options, TimeProvider.System, cancellationToken));
            var recordings = BuiltInRecordings.Load();
            var talks = SpeakerScript.GoRound(recordings, parsed.GetValue(Clients), parsed.GetValue(Seconds));

            // Alone twice: the first time warms up what runs for the first time.
            await TalkAsync(fleet, SpeakerScript.GoRound(recordings, parsed.GetValue(Clients), 5), timing, cancellationToken);
            var alone = await TalkAsync(fleet, talks, timing, cancellationToken);

            using var flood = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await using var monitor = new FleetMonitor(fleet, TimeProvider.System);
            // Encoded beforehand, once: a minute of audio that all send over and over.
            var minute = SpeakerScript.GoRound(recordings, 1, 60)[0].Samples;
            ReadOnlyMemory<byte>[] packets =
                [.. AudioPackets.Encode(minute, AudioCodec.Opus).Select(packet => (ReadOnlyMemory<byte>)packet.ToArray())];
            Flooder[] flooders = [.. Enumerable.Range(0, parsed.GetValue(Flooders)).Select(_ => new Flooder(packets))];
            var flooding = Task.WhenAll(flooders.Select((flooder, index) => flooder.RunAsync(fleet.Report.GatewayUrl(index), flood.Token)));
            while (!flooding.IsCompleted && flooders.Any(flooder => flooder.Done == 0))
                await Task.Delay(50, cancellationToken); // until the flood has come
            var before = flooders.Select(flooder => flooder.Done).ToArray();
            var watching = monitor.WatchAsync(flood.Token);
            var crowded = await TalkAsync(fleet, talks, timing, cancellationToken);
            var done = flooders.Select((flooder, index) => flooder.Done - before[index]).ToArray();
            await flood.CancelAsync();
            await watching;
            await flooding;

            string[] problems = [.. alone.Problems, .. crowded.Problems, .. flooders.SelectMany(flooder => flooder.Problems)];
            var ratio = crowded.Latency.P95 / alone.Latency.P95;
            Write(console, alone.Latency, crowded.Latency, ratio, monitor.DeepestQueue, done, problems);
            if (await fleet.StopAsync() is { } left)
                problems = [.. problems, left];
            return problems.Length == 0 && ratio < MostRatio ? ExitCodes.Ok : ExitCodes.Failed;
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

    private static async Task<(LatencySummary Latency, IReadOnlyList<string> Problems)> TalkAsync(
        LocalFleet fleet, IReadOnlyList<SpeakerScript> scripts, SegmentTiming timing, CancellationToken cancellationToken)
    {
        SpeakerSession[] sessions =
            [.. scripts.Select(script => new SpeakerSession(script, timing, [], TimeProvider.System, cancellationToken))];
        var problems = new List<string>();
        await Task.WhenAll(sessions.Select(async (session, index) =>
        {
            try
            {
                await Task.Delay(TimeSpan.FromSeconds(index / (double)sessions.Length), cancellationToken);
                await session.RunAsync(fleet.Report.GatewayUrl(index), realTime: true, null, null, cancellationToken);
            }
            catch (Exception error) when (error is SpeechClientException or MalformedMessageException)
            {
                lock (problems)
                    problems.Add($"speaker {session.Script.Name}: {error.Message}");
            }
        }));
        problems.AddRange(
            sessions.SelectMany(session => session.Failures, (session, failed) => $"speaker {session.Script.Name}: {failed.Message}"));
        problems.AddRange(sessions.SelectMany(session => session.Unheard(),
            (session, unheard) => $"speaker {session.Script.Name}: nothing was heard of {unheard.Utterance.Id}"));
        var latencies = sessions.SelectMany(session => session.Segments, (_, heard) => heard.AfterSegment).ToArray();
        return (LatencySummary.Of(latencies) ?? new LatencySummary(double.NaN, double.NaN, double.NaN), problems);
    }

    private static void Write(
        IAnsiConsole console, LatencySummary alone, LatencySummary crowded, double ratio, long deepest, int[] done, string[] problems)
    {
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"alone         {alone}, from the end of the segment"));
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"in the flood  {crowded}; p95 {ratio:F2} times that alone (to be below {MostRatio})"));
        console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"the flood     {done.Length} clients, {done.Sum()} segments meanwhile: each between {done.Min()} and {done.Max()}; queue at most {deepest}"));
        console.WriteLine($"refused       {problems.Length}");
        foreach (var problem in problems.Distinct().Take(10))
            console.MarkupLine($"[red]not well:[/] {Markup.Escape(problem)}");
    }

    /// <summary>Sends one recording after the other on one connection, as fast as they are taken, until told to stop.</summary>
    private sealed class Flooder(ReadOnlyMemory<byte>[] packets)
    {
        // A ping stands behind all the audio that the sockets hold, which a flood fills: its answer says nothing of whether the server
        // lives.
        private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

        private readonly List<string> _problems = [];
        private int _done;

        /// <summary>Segments of which the result has come.</summary>
        public int Done => Volatile.Read(ref _done);

        public IReadOnlyList<string> Problems => _problems;

        public async Task RunAsync(Uri url, CancellationToken cancellationToken)
        {
            var session = new SessionParameters { ClientId = ClientId.Create(), Format = MessageFormat.MessagePack };
            try
            {
                await using var client = await SpeechClient.ConnectAsync(
                    new SpeechClientOptions { Url = url, Session = session, KeepAliveInterval = Patience },
                    cancellationToken: cancellationToken);
                await foreach (var message in client.TranscribeAsync(Endless(), realTime: false, null, cancellationToken))
                {
                    if (message is Transcript)
                        Interlocked.Increment(ref _done);
                    else if (message is Failed failed)
                        _problems.Add($"a flooder's segment failed: {failed.Message}");
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // The flood is over.
            }
            catch (Exception error) when (error is SpeechClientException or MalformedMessageException)
            {
                if (!cancellationToken.IsCancellationRequested)
                    _problems.Add($"a flooder: {error.Message}");
            }
        }

        private IEnumerable<ReadOnlyMemory<byte>> Endless()
        {
            while (true)
            {
                foreach (var packet in packets)
                    yield return packet;
            }
        }
    }
}
