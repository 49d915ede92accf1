using System.CommandLine;
using Spectre.Console;
using Speech.Lab.Fleet;
using Speech.Lab.Speakers;

namespace Speech.Lab.Demo;

/// <summary>`demo`: starts everything, lets people talk, shows what is heard and how well, and stops everything.</summary>
internal static class DemoCommand
{
    private const int MostSpeakers = 65;

    private static readonly Option<int> Speakers = Options.Number(
        "--speakers", "N", "How many speak at the same time.", 5, 1, MostSpeakers);
    private static readonly Option<bool> Fast =
        new("--fast") { Description = "Send the audio as fast as it is taken, not as it is spoken." };
    private static readonly Option<bool> KillWorker =
        new("--kill-worker") { Description = "Kill the STT worker (kill -9) half way, with a job in its hands: nothing is to be lost." };
    private static readonly Option<int> SttWorkers = Options.Number("--stt-workers", "N", "How many STT workers.", 1, 1, 64);
    private static readonly Option<int> TranslationWorkers = Options.Number(
        "--translation-workers", "N", "How many translation workers.", 1, 1, 64);
    private static readonly Option<string> Translate = Options.Translate("Languages to translate into; none: do not translate.", "fr,es");
    private static readonly Option<bool> Json = Options.Json("Print the summary as one JSON object, and all else on standard error.");

    public static Command Create()
    {
        var command = new Command("demo", "Starts Speech, streams built-in recordings to it, and shows what it hears.")
        {
            Speakers, Fast, KillWorker, Translate, SttWorkers, TranslationWorkers, Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var json = parsed.GetValue(Json);
        var console = json ? Terminal.Errors() : Terminal.Output();
        var realTime = !parsed.GetValue(Fast);
        var scripts = SpeakerScript.ShareOut(BuiltInRecordings.Load(), parsed.GetValue(Speakers));
        var timing = SegmentTiming.OfEnvironment();
        var languages = Options.Languages(parsed.GetValue(Translate));
        var options = new FleetOptions
        {
            Name = "demo",
            SttWorkers = parsed.GetValue(SttWorkers),
            TranslationWorkers = languages.Length > 0 ? parsed.GetValue(TranslationWorkers) : 0,
            Settings = [timing.Setting],
        };
        return await FleetCommand.RunAsync(console, options, json, async (fleet, stop) =>
        {
            console.WriteLine($"{scripts.Sum(script => script.Utterances.Count)} utterances by {scripts.Count} speakers, {scripts.Max(script => script.Seconds):F0} s of audio each");
            console.MarkupLine("[grey]speaker, seconds, words ({heard|said} where they differ), time since their end[/]");
            if (languages.Length > 0)
                console.MarkupLine("[grey]translations, as they come, with the second that their words begin at[/]");
            var lines = scripts.ToDictionary(script => script, script => new LiveTranscript(script, realTime));
            var accident = parsed.GetValue(KillWorker)
                ? new WorkerAccident(fleet, scripts.Sum(script => script.Utterances.Count) / 2, console) : null;
            var run = new SpeakersRun(scripts, timing, realTime, TimeProvider.System)
            {
                OnHeard = (script, heard) =>
                {
                    console.MarkupLine(lines[script].Line(heard));
                    accident?.Heard();
                },
                OnRead = (script, read) => console.MarkupLine(lines[script].Line(read)),
                Translate = languages,
                Meanwhile = accident is null ? null : accident.HappenAsync,
            };
            return await run.RunAsync(fleet.Report.GatewayUrl, fleet, stop);
        }, cancellationToken);
    }
}
