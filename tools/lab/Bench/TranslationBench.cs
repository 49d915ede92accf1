using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Spectre.Console;
using Speech.Catalog;
using Speech.Cli.Decode;
using Speech.Cli.Translate;
using Speech.Models.Nllb;
using Speech.Models.Transformer;
using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Lab.Bench;

/// <summary>
/// `bench translation`: decoder steps of a translation model beside their floor, the time that memory takes to deliver what a step reads.
/// </summary>
internal static class TranslationBench
{
    private const int SourceTokens = 24;
    private const int Steps = 24;
    private const int Rounds = 5;
    private const int Token = 1000;
    private static readonly int[] Batches = [1, 8, 32];

    private static readonly Option<string?> Model = new("--model")
    {
        Description = "A model's name or folder; left out: random weights of the size of nllb-200-distilled-600M, written to a temporary folder (1.2 GB).",
        HelpName = "M",
    };

    private static readonly Option<string[]> Formats = new("--dtype")
    {
        Description = "How weights are kept; several are measured in turn.",
        HelpName = "f32|f16|int8",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => ["int8", "f32"],
    };

    private static readonly Option<int> Threads = ModelOptions.Threads();

    private static readonly Option<bool> Json = Options.Json("One JSON object per dtype.");

    public static Command Create()
    {
        Formats.AcceptOnlyFromAmong("f32", "f16", "int8");
        var command = new Command("translation",
            "Load, encoder and decoder times of a translation model beside the floor of memory.") { Model, Formats, Threads, Json };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        DirectoryInfo? temporary = null;
        try
        {
            var folder = parsed.GetValue(Model) is { } model ? await TranslationModelOptions.FindAsync(model, cancellationToken) : null;
            if (folder is null)
            {
                temporary = Directory.CreateTempSubdirectory("speech-random-nllb-");
                folder = temporary.FullName;
                RandomNllb.Write(folder, await TranslationModelOptions.FindAsync(TranslationCatalog.BuiltIn, cancellationToken));
            }

            using var device = new CpuDevice(parsed.GetValue(Threads));
            foreach (var format in parsed.GetValue(Formats)!)
            {
                var figures = Measure(folder, device, format) with { Model = temporary is null ? folder : "random, 600M" };
                if (parsed.GetValue(Json))
                    Console.WriteLine(JsonSerializer.Serialize(figures));
                else
                    Print(figures);
            }

            return ExitCodes.Ok;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ModelFileException)
        {
            Console.Error.WriteLine(e.Message);
            return ExitCodes.Failed;
        }
        finally
        {
            temporary?.Delete(recursive: true);
        }
    }

    private static TranslationFigures Measure(string folder, CpuDevice device, string format)
    {
        var gigabytes = MachinePeak.ReadGigabytesPerSecond(device);
        var gflops = MachinePeak.Gflops(device);
        var loading = Stopwatch.GetTimestamp();
        using var model = NllbModel.Load(folder, device, TranslationModelOptions.ParsedFormat(format), maximumRows: Batches.Max() + 32);
        var loadMs = Stopwatch.GetElapsedTime(loading).TotalMilliseconds;

        // Any words of so many tokens.
        var text = "a";
        while (model.Prepare(text, "en", "fr").Source.Count < SourceTokens)
            text += " a";
        var request = model.Prepare(text, "en", "fr");
        var memories = Enumerable.Range(0, Batches.Max()).Select(_ => model.NewEncoderMemory()).ToArray();
        var encode = Enumerable.Range(0, Rounds).Min(_ => Time(() => model.Encode([request], [memories[0]])));
        model.Encode([.. memories.Select(_ => request)], memories);
        var weights = model.DecoderWeightBytes;
        var (perToken, floors) = (new Dictionary<string, double>(), new Dictionary<string, double>());
        foreach (var batch in Batches)
        {
            perToken[$"{batch}"] = Step(model, memories[..batch]) / batch;
            var flop = 2.0 * batch * WeightsOfStep(model.Config);
            floors[$"{batch}"] = Math.Max(weights / gigabytes / 1e6, flop / gflops / 1e6) / batch;
        }

        foreach (var memory in memories)
            memory.Dispose();
        GC.Collect();
        return new TranslationFigures(
            folder, format, device.Threads, new MachineFloor(Math.Round(gflops, 1), Math.Round(gigabytes, 1)), loadMs,
            Environment.WorkingSet / 1e6, encode, perToken, floors);
    }

    /// <summary>The time of one step of as many sequences as there are memories, in milliseconds: the best of some.</summary>
    private static double Step(NllbModel model, EncoderMemory[] memories)
    {
        var states = memories.Select(_ => model.NewDecoderState()).ToArray();
        var rows = states.Zip(memories, (state, memory) => new DecoderRow(memory, state, Token, WantLogits: true)).ToArray();
        var best = Enumerable.Range(0, Steps).Min(_ => Time(() => model.Decode(rows)));
        foreach (var state in states)
            state.Dispose();
        return best;
    }

    /// <summary>Self-attention, the cross-attention's query and output, the dense layers, the logits.</summary>
    private static double WeightsOfStep(NllbConfig c) =>
        ((double)c.VocabularySize * c.State) + (c.DecoderLayers * ((6.0 * c.State * c.State) + (2.0 * c.State * c.DecoderHidden)));

    private static double Time(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static void Print(TranslationFigures figures)
    {
        var table = new Table
        {
            Title = new TableTitle(
                $"{figures.Model}, {figures.Dtype}, {figures.Threads} threads; machine: {figures.Floor.Gflops:F0} GFLOP/s, {figures.Floor.Gbps:F0} GB/s from memory"),
        };
        table.AddColumns("phase", "ms", "floor ms", "ratio", "tokens/s");
        table.AddRow("load", $"{figures.LoadMs:F0}", "", "", "");
        table.AddRow($"encode {SourceTokens} tokens", $"{figures.EncodeMs:F1}", "", "", "");
        foreach (var (batch, ms) in figures.DecodeMsPerToken)
        {
            var floor = figures.DecodeFloorMsPerToken[batch];
            table.AddRow($"decode, per token at batch {batch}", $"{ms:F2}", $"{floor:F2}", $"{ms / floor:F2}", $"{1000 / ms:F0}");
        }

        Terminal.Output().Write(table);
        Console.WriteLine($"Resident memory {figures.RssMb:F0} MB.");
    }
}
