using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Speech.Catalog;
using Speech.Cli.Decode;
using Speech.Cli.Models;
using Speech.Models.Whisper;
using Speech.Tensors;
using Speech.Tensors.Cpu;
using Speech.Vad;

namespace Speech.Lab.Bench;

/// <summary>
/// `bench silence`: how often is something heard where nobody speaks? 0 is the aim; the figure is the result, and any figure exits with 0.
/// </summary>
internal static class SilenceBench
{
    private const int ClipsAtOnce = 16;
    private const int Sequences = 8;
    private const int LongestText = 60;

    private static readonly Option<string> Model = ModelOptions.Model();
    private static readonly Option<int> Clips = Options.Number(
        "--clips", "N", "How many clips; kinds follow each other in turn.", 200, 1, 100_000);
    private static readonly Option<int> Seed = Options.Number("--seed", "N", "Of the clips' generator.", 1, 0, int.MaxValue);
    private static readonly Option<int> Threads = ModelOptions.Threads();
    private static readonly Option<bool> Offline = StoreOptions.Offline();
    private static readonly Option<bool> Json = Options.Json("One JSON object.");

    public static Command Create()
    {
        var command = new Command(
            "silence",
            "Counts the clips of silence, noise, hums, clicks and bangs that yield any text, with and without voice-activity detection.")
        {
            Model, Clips, Seed, Threads, Offline, Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            var name = parsed.GetValue(Model)!;
            using var store = new ModelStore(StoreOptions.From(modelFolder: null, offline: parsed.GetValue(Offline)));
            var file = await PullProgress.ShowAsync(progress => store.GetAsync(name, progress, cancellationToken));
            using var device = new CpuDevice(parsed.GetValue(Threads));
            using var model = WhisperModel.Load(file.Path, device, file.TrainedForShortContext, file.TakesPrompts);
            using var engine = new WhisperEngine(model, Sequences);
            var listener = new SilenceListener(SileroVad.Load(DetectorPath()), engine);

            var seed = parsed.GetValue(Seed);
            var heard = new List<HeardClip>();
            foreach (var clips in SilenceClips.Generate(seed, parsed.GetValue(Clips)).Chunk(ClipsAtOnce))
                heard.AddRange(listener.Hear(clips, cancellationToken));

            var figures = SilenceFigures.Of(name, seed, heard);
            if (parsed.GetValue(Json))
                Console.WriteLine(JsonSerializer.Serialize(figures));
            else
                Print(figures);
            return ExitCodes.Ok;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or ModelFileException)
        {
            Console.Error.WriteLine(e.Message);
            return ExitCodes.Failed;
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Interrupted;
        }
    }

    internal static string DetectorPath() => WhisperCatalog.BuiltInFolder() is { } folder
        ? Path.Combine(folder, "silero-vad", "ggml-silero-v6.2.0.bin")
        : throw new FileNotFoundException("The built-in models are not here; run this from a checkout or an installation of Speech.");

    private static void Print(SilenceFigures figures)
    {
        var table = new Table().Border(TableBorder.None).AddColumn(new TableColumn("kind").NoWrap());
        foreach (var column in (string[])["clips", "seconds", "taken for speech", "with text", "with text, no VAD"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (var counts in figures.Kinds.Append(figures.Total))
        {
            table.AddRow(
                counts.Kind,
                Text(counts.Clips),
                counts.Seconds.ToString("F0", CultureInfo.InvariantCulture),
                Text(counts.WithSegments),
                Text(counts.WithText),
                Text(counts.WithTextWithoutVad));
        }

        Terminal.Output().Write(table);
        foreach (var text in figures.Texts.Where(text => text.Vad))
            Console.WriteLine(
                $"clip {text.Clip} ({text.Kind}): {(text.Text.Length > LongestText ? text.Text[..LongestText] + "…" : text.Text)}");

        var total = figures.Total;
        var share = string.Create(CultureInfo.InvariantCulture, $"{100.0 * total.WithText / total.Clips:F1} %");
        Console.WriteLine(
            $"{figures.Model}: {total.WithText} of {total.Clips} clips without speech yield text ({share}); " +
            $"without voice-activity detection {total.WithTextWithoutVad}.");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
