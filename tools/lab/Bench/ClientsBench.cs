using System.CommandLine;
using Speech.Lab.Fleet;
using Speech.Lab.Speakers;

namespace Speech.Lab.Bench;

/// <summary>`bench clients`: many people talk at the same time; are all transcripts right, and how soon?</summary>
internal static class ClientsBench
{
    private static readonly Option<int> Clients = Options.Number("--clients", "N", "How many talk at the same time.", 12, 1, 10_000);
    private static readonly Option<int> Seconds = Options.Number("--seconds", "S", "How long each talks.", 60, 1, 3600);
    private static readonly Option<string?> Url = Options.Url("Measure this gateway, instead of starting Speech.");
    private static readonly Option<int> SttWorkers = Options.Number("--stt-workers", "N", "How many STT workers to start.", 1, 1, 64);
    private static readonly Option<int> Gateways = Options.Number(
        "--gateways", "N", "How many gateways to start; clients go round them.", 1, 1, 64);
    private static readonly Option<int> TranslationWorkers = Options.Number(
        "--translation-workers", "N", "How many translation workers to start, with --translate.", 1, 1, 64);
    private static readonly Option<string> Translate = Options.Translate("Languages to translate into, such as fr,es.", "none");
    private static readonly Option<bool> Json = Options.Json("Print the report as one JSON object, and all else on standard error.");

    public static Command Create()
    {
        var command = new Command("clients", "Lets many clients talk at real-time speed, checks all transcripts, and measures latency.")
        {
            Clients, Seconds, Url, Translate, SttWorkers, TranslationWorkers, Gateways, Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var json = parsed.GetValue(Json);
        var console = json ? Terminal.Errors() : Terminal.Output();
        var scripts = SpeakerScript.GoRound(BuiltInRecordings.Load(), parsed.GetValue(Clients), parsed.GetValue(Seconds));
        var timing = SegmentTiming.OfEnvironment();
        var languages = Options.Languages(parsed.GetValue(Translate));
        var run = new SpeakersRun(scripts, timing, realTime: true, TimeProvider.System) { Translate = languages };
        if (parsed.GetValue(Url) is { } url)
        {
            var report = await run.RunAsync(_ => Options.UrlOrDefault(url), fleet: null, cancellationToken);
            return FleetCommand.Print(console, report, json, $"The server is {url}.");
        }

        var options = new FleetOptions
        {
            Name = "bench",
            SttWorkers = parsed.GetValue(SttWorkers),
            TranslationWorkers = languages.Length > 0 ? parsed.GetValue(TranslationWorkers) : 0,
            Gateways = parsed.GetValue(Gateways),
            Settings = [timing.Setting],
        };
        return await FleetCommand.RunAsync(
            console, options, json, (fleet, stop) => run.RunAsync(fleet.Report.GatewayUrl, fleet, stop), cancellationToken);
    }
}
