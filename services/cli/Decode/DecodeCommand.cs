using System.CommandLine;
using System.Text.Json;
using Speech.Audio;
using Speech.Audio.Files;
using Speech.Models.Whisper;
using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Cli.Decode;

/// <summary>`decode`: the engine alone, in process, without server or segmenter: for debugging and for comparing with other engines.</summary>
internal static class DecodeCommand
{
    private static readonly Argument<string[]> Files = new("FILE")
    {
        Description = "WAV, Ogg Opus or raw PCM at 16 kHz, of at most 30 s each.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string> Model = ModelOptions.Model();

    private static readonly Option<string> Context = ModelOptions.AudioContext();

    private static readonly Option<bool> Timestamps = new("--timestamps") { Description = "Sample times too." };

    private static readonly Option<string?> Language = new("--language") { Description = "What is spoken; left out: detected (multilingual models).", HelpName = "CODE" };

    private static readonly Option<int> Threads = ModelOptions.Threads();

    private static readonly Option<bool> Json = Options.Json("One line of JSON per file: file, text, tokens, logprobs (natural), seconds (of audio).");

    public static Command Create()
    {
        var command = new Command("decode", "Transcribes short recordings by the engine alone, without a server.")
        {
            Files, Model, Context, Timestamps, Language, Threads, Json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        try
        {
            var file = ModelOptions.Find(parsed.GetValue(Model)!);
            using var device = new CpuDevice(parsed.GetValue(Threads));
            using var model = WhisperModel.Load(file.Path, device, file.TrainedForShortContext);
            using var engine = new WhisperEngine(model, slots: 1);
            var context = ModelOptions.ParsedAudioContext(parsed.GetValue(Context));
            var failures = parsed.GetValue(Files)!.Count(path => !TryDecode(path, engine, parsed, context));
            return failures == 0 ? ExitCodes.Ok : ExitCodes.Failed;
        }
        catch (Exception e) when (e is FileNotFoundException or ModelFileException)
        {
            Console.Error.WriteLine(e.Message);
            return ExitCodes.Failed;
        }
    }

    private static bool TryDecode(string path, WhisperEngine engine, ParseResult parsed, AudioContext context)
    {
        try
        {
            var clip = AudioFile.Load(path);
            var request = new TranscriptionRequest(clip.Samples) { Options = new() { AudioContext = context, Timestamps = parsed.GetValue(Timestamps), Language = parsed.GetValue(Language) } };
            var transcription = engine.Transcribe([request])[0];
            Console.WriteLine(parsed.GetValue(Json) ? ToJson(path, clip, transcription) : $"{path}:{transcription.Text}");
            return true;
        }
        catch (Exception e) when (e is AudioFormatException or MissingNativeLibraryException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            Console.Error.WriteLine(e.Message.Contains(path, StringComparison.Ordinal) ? e.Message : $"{path}: {e.Message}");
            return false;
        }
    }

    private static string ToJson(string path, AudioClip clip, Transcription transcription)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("file", path);
            json.WriteString("text", transcription.Text);
            json.WriteStartArray("tokens");
            foreach (var token in transcription.Tokens)
                json.WriteNumberValue(token);
            json.WriteEndArray();
            json.WriteStartArray("logprobs");
            foreach (var logProbability in transcription.LogProbabilities)
                json.WriteNumberValue(MathF.Round(logProbability, 5));
            json.WriteEndArray();
            json.WriteNumber("seconds", Math.Round(clip.Duration.TotalSeconds, 3));
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
