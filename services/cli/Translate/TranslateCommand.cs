using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Speech.Cli.Decode;
using Speech.Models.Nllb;
using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Cli.Translate;

/// <summary>`translate`: the engine alone, in process, without server; each text is one sequence, not split into sentences.</summary>
internal static class TranslateCommand
{
    private const int LinesAtOnce = 64;
    private const int SequencesAtOnce = 32;

    private static readonly JsonSerializerOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly Argument<string?> Text = new("TEXT") { Description = "What to translate.", Arity = ArgumentArity.ZeroOrOne };

    private static readonly Option<string> From = new("--from")
    {
        Description = "The text's language: fr, fra_Latn or a code of Whisper's.",
        HelpName = "LANG",
        Required = true,
    };

    private static readonly Option<string> To =
        new("--to") { Description = "The language to translate into, likewise.", HelpName = "LANG", Required = true };

    private static readonly Option<FileInfo?> File =
        new("--file") { Description = "A file with a text on each line, - for standard input.", HelpName = "LINES.txt" };

    private static readonly Option<int> Beams = Options.Number("--beam", "N", "Beams; 1 is greedy.", 1, 1, TranslationOptions.MaximumBeams);

    private static readonly Option<double> LengthPenalty = new("--length-penalty")
    {
        Description = "A hypothesis scores its log-probability / length^P.",
        HelpName = "P",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<int> NoRepeat = Options.Number(
        "--no-repeat-ngram", "N", "No run of N tokens comes twice; 0 allows all.", 0, 0, 64);

    private static readonly Option<string> Model = TranslationModelOptions.Model();

    private static readonly Option<string> Format = TranslationModelOptions.Format();

    private static readonly Option<int> Threads = ModelOptions.Threads();

    private static readonly Option<bool> Json = Options.Json(
        "One line per text: text, source_ids, ids, translation, score (with beams the sum of log-probabilities / length^P, else the sum itself).");

    public static Command Create()
    {
        var command = new Command("translate", "Translates text by the engine alone, without a server.")
        {
            Text, From, To, File, Beams, LengthPenalty, NoRepeat, Model, Format, Threads, Json,
        };
        command.Validators.Add(result =>
        {
            if ((result.GetValue(Text) is null) == (result.GetValue(File) is null))
                result.AddError("Give a TEXT or --file, one of them.");
        });
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            var folder = await TranslationModelOptions.FindAsync(parsed.GetValue(Model)!, cancellationToken);
            using var device = new CpuDevice(parsed.GetValue(Threads));
            using var model = NllbModel.Load(folder, device, TranslationModelOptions.ParsedFormat(parsed.GetValue(Format)));
            var options = new TranslationOptions
            {
                BeamSize = parsed.GetValue(Beams),
                LengthPenalty = parsed.GetValue(LengthPenalty),
                NoRepeatNgramSize = parsed.GetValue(NoRepeat),
            };
            var (from, to) = (Language(model, parsed.GetValue(From)!), Language(model, parsed.GetValue(To)!));
            using var engine = new NllbEngine(model, Math.Max(SequencesAtOnce, options.BeamSize));
            var failures = 0;
            foreach (var lines in Lines(parsed).Chunk(LinesAtOnce))
                failures += await TranslateAsync(engine, model, lines, from, to, options, parsed.GetValue(Json), cancellationToken);
            return failures == 0 ? ExitCodes.Ok : ExitCodes.Failed;
        }
        catch (Exception e) when (
            e is IOException or UnauthorizedAccessException or FormatException or ModelFileException or ArgumentException)
        {
            Console.Error.WriteLine(e.Message);
            return ExitCodes.Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
    }

    private static IEnumerable<string> Lines(ParseResult parsed) =>
        parsed.GetValue(Text) is { } text ? [text]
        : parsed.GetValue(File) is { Name: "-" } ? StandardInput()
        : System.IO.File.ReadLines(parsed.GetValue(File)!.FullName);

    private static IEnumerable<string> StandardInput()
    {
        while (Console.In.ReadLine() is { } line)
            yield return line;
    }

    private static string Language(NllbModel model, string code) => model.Tokenizer.FindLanguage(code) ?? throw new ArgumentException(
        $"The model has no language '{code}'. It has {string.Join(' ', model.Tokenizer.Languages)}, and their ISO 639-1 codes such as fr.");

    /// <returns>How many lines could not be translated.</returns>
    private static async Task<int> TranslateAsync(
        NllbEngine engine, NllbModel model, string[] lines, string from, string to, TranslationOptions options, bool json,
        CancellationToken cancellationToken)
    {
        var requests = new TranslationRequest?[lines.Length];
        for (var i = 0; i < lines.Length; i++)
        {
            try
            {
                requests[i] = model.Prepare(lines[i], from, to, options);
            }
            catch (ArgumentException e)
            {
                await Console.Error.WriteLineAsync($"'{(lines[i].Length > 40 ? lines[i][..40] + "…" : lines[i])}': {e.Message}");
            }
        }

        var translations = new Queue<TranslatedText>(engine.Translate([.. requests.OfType<TranslationRequest>()], cancellationToken));
        for (var i = 0; i < lines.Length; i++)
        {
            // A line that fails leaves its place empty, so that lines stay side by side with those of the source.
            var translation = requests[i] is null ? null : translations.Dequeue();
            if (!json)
                Console.WriteLine(translation?.Text ?? "");
            else if (translation is not null)
                Console.WriteLine(ToJson(lines[i], requests[i]!, translation));
        }

        return requests.Count(request => request is null);
    }

    private static string ToJson(string text, TranslationRequest request, TranslatedText translation) => JsonSerializer.Serialize(
        new
        {
            text,
            source_ids = request.Source,
            ids = translation.Ids,
            translation = translation.Text,
            score = Math.Round(translation.Score, 6),
            sum_logprob = Math.Round(translation.SumLogProbability, 6),
        },
        JsonOptions);
}
