using System.CommandLine;
using System.Globalization;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Contracts.Text;
using Speech.Models.Whisper;
using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Cli.Decode;

/// <summary>
/// `decode`: the engine alone, in process, without server or segmenter: for debugging and for comparing with other engines.
/// </summary>
internal static class DecodeCommand
{
    private static readonly Argument<string[]> Files = new("FILE")
    {
        Description = "WAV, Ogg Opus, WebM or raw PCM at 16 kHz, of any length; beyond 30 s window by window.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string> Model = ModelOptions.Model();

    private static readonly Option<string> Context = ModelOptions.AudioContext();

    private static readonly Option<bool> Timestamps =
        new("--timestamps") { Description = "Sample times too; recordings beyond 30 s always have them." };

    private static readonly Option<bool> Words = new("--words") { Description = "Also find when each word is said." };

    private static readonly Option<string?> Language =
        new("--language") { Description = "What is spoken; left out: detected (multilingual models).", HelpName = "CODE" };

    private static readonly Option<bool> Translate =
        new("--translate") { Description = "Write English, whatever is spoken (multilingual models)." };

    private static readonly Option<string?> Prompt = new("--prompt") { Description = "Names and terms that may occur.", HelpName = "TEXT" };

    private static readonly Option<bool> Condition =
        new("--condition-on-previous-text") { Description = "Begin each 30 s window with the text so far." };

    private static readonly Option<int> Beams = Options.Number("--beam-size", "N", "Beams; 1 is greedy.", 1, 1, 16);

    private static readonly Option<int> BestOf = Options.Number("--best-of", "N", "Draws at temperatures above 0.", 1, 1, 16);

    private static readonly Option<string> Temperatures = new("--temperatures")
    {
        Description = "Tried in turn until a result is good: 0,0.2,0.4,0.6,0.8,1 is openai/whisper's ladder.",
        HelpName = "T,…",
        DefaultValueFactory = _ => "0",
        Validators =
        {
            result =>
            {
                if (!ParseTemperatures(result.GetValueOrDefault<string>()).All(temperature => temperature is >= 0 and <= 2))
                    result.AddError("--temperatures must be numbers from 0 to 2 with commas between them.");
            },
        },
    };

    private static readonly Option<int> Threads = ModelOptions.Threads();

    private static readonly Option<bool> Json = Options.Json(
        "One line of JSON per file: file, text, tokens, logprobs (natural), seconds (of audio); with times or words also segments.");

    public static Command Create()
    {
        var command = new Command("decode", "Transcribes recordings by the engine alone, without a server.")
        {
            Files, Model, Context, Timestamps, Words, Language, Translate, Prompt, Condition, Beams, BestOf, Temperatures, Threads, Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            var file = await ModelOptions.FindAsync(parsed.GetValue(Model)!, cancellationToken);
            var options = DecodingOptionsOf(parsed);
            if (options.Prompt is not null && !file.TakesPrompts)
                Console.Error.WriteLine("The model was not trained to follow prompts, all of which make it worse: --prompt is left out.");
            using var device = new CpuDevice(parsed.GetValue(Threads));
            using var model = WhisperModel.Load(file.Path, device, file.TrainedForShortContext, file.TakesPrompts);
            using var engine = new WhisperEngine(model, sequences: Math.Max(options.BeamSize, options.BestOf));
            var failures = 0;
            foreach (var path in parsed.GetValue(Files)!)
                failures += TryDecode(path, model, engine, options, parsed.GetValue(Json), cancellationToken) ? 0 : 1;
            return failures == 0 ? ExitCodes.Ok : ExitCodes.Failed;
        }
        catch (Exception e) when (e is IOException or FormatException or ModelFileException)
        {
            Console.Error.WriteLine(e.Message);
            return ExitCodes.Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
    }

    private static DecodingOptions DecodingOptionsOf(ParseResult parsed) => new()
    {
        AudioContext = ModelOptions.ParsedAudioContext(parsed.GetValue(Context)),
        Timestamps = parsed.GetValue(Timestamps),
        WordTimestamps = parsed.GetValue(Words),
        Language = parsed.GetValue(Language),
        Task = parsed.GetValue(Translate) ? WhisperTask.Translate : WhisperTask.Transcribe,
        Prompt = parsed.GetValue(Prompt),
        ConditionOnPreviousText = parsed.GetValue(Condition),
        BeamSize = parsed.GetValue(Beams),
        BestOf = parsed.GetValue(BestOf),
        Temperatures = ParseTemperatures(parsed.GetValue(Temperatures)),
    };

    private static bool TryDecode(
        string path, WhisperModel model, WhisperEngine engine, DecodingOptions options, bool json, CancellationToken cancellationToken)
    {
        try
        {
            if (Directory.Exists(path))
                throw new IOException("this is a folder; name the files in it.");
            Decode(path, model, engine, options, json, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is ArgumentException || FileProblem.IsOne(e))
        {
            Console.Error.WriteLine($"{PlainText.Escape(path)}: {FileProblem.Describe(e, path)}");
            return false;
        }
    }

    private static void Decode(
        string path, WhisperModel model, WhisperEngine engine, DecodingOptions options, bool json, CancellationToken cancellationToken)
    {
        using var file = new RecordingFile(path);
        using var progress = new DecodeProgress();
        using var recording = LongRecording.Measure(model, file.Open, progress, cancellationToken);
        progress.Clear();
        foreach (var warning in file.Warnings)
            Console.Error.WriteLine($"{PlainText.Escape(path)}: {warning}");

        // Without times a window's end may fall into a word, which would then be lost.
        if (recording.SampleCount > WhisperModel.WindowSamples)
            options = options with { Timestamps = true };
        var seconds = recording.SampleCount / (double)LogMelSpectrogram.SampleRate;
        var withTimes = options.Timestamps || options.WordTimestamps;
        if (withTimes && !json)
            Console.WriteLine($"{path}:");
        progress.Begin(seconds, withTimes && !json ? DecodeOutput.WriteSegments : null);
        var request = new TranscriptionRequest(recording) { Options = options, Progress = progress };
        var transcription = engine.Transcribe([request], cancellationToken)[0];
        progress.Clear();
        if (json)
            Console.WriteLine(DecodeOutput.ToJson(path, seconds, file.Warnings, withTimes, transcription));
        else if (!withTimes)
            Console.WriteLine($"{path}:{transcription.Text}");
    }

    /// <summary>NaN for what is no number.</summary>
    private static double[] ParseTemperatures(string? text) =>
        [.. (text ?? "").Split(',').Select(part => double.TryParse(
            part, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) ? value : double.NaN)];
}
