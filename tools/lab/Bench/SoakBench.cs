using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Speech.Cli.Decode;
using Speech.Lab.Speakers;
using Speech.Models.Whisper;
using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Lab.Bench;

/// <summary>
/// `bench soak`: the engine at a full batch for as long as is asked, to see whether its memory stays flat and its results the same.
/// </summary>
internal static class SoakBench
{
    private static readonly Option<string> Model = ModelOptions.Model();

    private static readonly Option<int> Minutes = Options.Number("--minutes", "N", "How long.", 30, 1, 10_000);

    private static readonly Option<int> Sequences = Options.Number("--sequences", "N", "Sequences decoded at once.", 8, 1, 64);

    private static readonly Option<int> Threads = ModelOptions.Threads();

    private static readonly Option<bool> Json = Options.Json("One line of JSON a minute.");

    public static Command Create()
    {
        var command = new Command("soak", "Keeps the engine's batch full for a long time and watches memory and results.") { Model, Minutes,
            Sequences, Threads, Json };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            var file = await ModelOptions.FindAsync(parsed.GetValue(Model)!, cancellationToken);
            using var device = new CpuDevice(parsed.GetValue(Threads));
            using var model = WhisperModel.Load(
                file.Path, device, file.TrainedForShortContext, file.TakesPrompts, maximumRows: parsed.GetValue(Sequences) + 64);
            using var engine = new WhisperEngine(model, parsed.GetValue(Sequences));
            return Soak(engine, TimeSpan.FromMinutes(parsed.GetValue(Minutes)), parsed.GetValue(Json), cancellationToken);
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

    private static int Soak(WhisperEngine engine, TimeSpan duration, bool json, CancellationToken cancellationToken)
    {
        var utterances = BuiltInRecordings.Load().ToArray();
        var texts = new Dictionary<string, string>();
        var active = new Dictionary<TranscriptionRequest, string>(ReferenceEqualityComparer.Instance);
        var finished = new List<(TranscriptionRequest Request, Transcription Transcription)>();
        var (done, different) = (0L, 0L);
        var memory = new List<double>();
        var start = Stopwatch.GetTimestamp();
        for (var next = 0; Stopwatch.GetElapsedTime(start) < duration;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            while (engine.FreeSequences > 0)
            {
                var utterance = utterances[next++ % utterances.Length];
                var request = new TranscriptionRequest(utterance.Samples);
                active.Add(request, utterance.Id);
                engine.Admit(request);
            }

            engine.Step(finished);
            foreach (var (request, transcription) in finished)
            {
                active.Remove(request, out var id);
                done++;
                different += texts.TryAdd(id!, transcription.Text) || texts[id!] == transcription.Text ? 0 : 1;
            }

            finished.Clear();
            if (Stopwatch.GetElapsedTime(start).TotalMinutes >= memory.Count + 1)
            {
                memory.Add(Environment.WorkingSet / 1e6);
                var managed = GC.GetTotalMemory(forceFullCollection: false) / 1e6;
                Console.WriteLine(json
                    ? JsonSerializer.Serialize(
                        new { minute = memory.Count, rss_mb = memory[^1], managed_mb = managed, transcribed = done, different })
                    : $"minute {memory.Count}: {memory[^1]:F0} MB resident, {managed:F0} MB managed, {done} transcribed, {different} unlike the first time");
            }
        }

        // The first minutes fill pools and compile code.
        var settled = memory.Skip(memory.Count / 5).ToArray();
        var growth = settled.Length < 2 ? 0 : settled[^1] - settled[0];
        Console.WriteLine($"{done} transcriptions in {duration.TotalMinutes:F0} minutes, {different} unlike the first time; memory grew by {growth:F1} MB after the first fifth.");
        return different == 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }
}
