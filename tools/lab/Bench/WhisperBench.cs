using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Spectre.Console;
using Speech.Cli.Decode;
using Speech.Models.Transformer;
using Speech.Models.Whisper;
using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Lab.Bench;

/// <summary>
/// `bench whisper`: each phase of the engine beside its floor, which is its arithmetic or its memory traffic over the machine's measured
/// peaks.
/// </summary>
internal static class WhisperBench
{
    private const int Rounds = 7;
    private const int Steps = 24;
    private const int Token = 1000;
    private static readonly int[] Batches = [1, 4, 8, 16, 32];
    private static readonly int[] Durations = [5, 30];

    private static readonly Option<string> Model = ModelOptions.Model();

    private static readonly Option<int> Threads = ModelOptions.Threads();

    private static readonly Option<bool> Widen =
        new("--f32") { Description = "Widen all weights to f32, to see what f16 or int8 storage is worth." };

    private static readonly Option<bool> Json = Options.Json("One JSON object.");

    public static Command Create()
    {
        var command =
            new Command("whisper", "Load, mel, encoder and decoder times of a model beside their floors.") { Model, Threads, Widen, Json };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            var path = (await ModelOptions.FindAsync(parsed.GetValue(Model)!, cancellationToken)).Path;
            using var device = new CpuDevice(parsed.GetValue(Threads));
            var figures = Measure(path, device, parsed.GetValue(Widen));
            if (parsed.GetValue(Json))
                Console.WriteLine(JsonSerializer.Serialize(figures));
            else
                Print(figures);
            return ExitCodes.Ok;
        }
        catch (Exception e) when (e is IOException or FormatException or ModelFileException)
        {
            Console.Error.WriteLine(e.Message);
            return ExitCodes.Failed;
        }
    }

    private static WhisperFigures Measure(string path, CpuDevice device, bool widen)
    {
        var gflops = MachinePeak.Gflops(device);
        var gigabytes = MachinePeak.ReadGigabytesPerSecond(device);
        var process = ResidentMegabytes();
        var loading = Stopwatch.GetTimestamp();
        using var model = WhisperModel.Load(
            path, device, trainedForShortContext: true, maximumRows: Batches.Max() * 4, widenWeights: widen);
        var loadMs = Stopwatch.GetElapsedTime(loading).TotalMilliseconds;
        var audio = new float[WhisperModel.WindowSamples];
        var random = new Random(1);
        foreach (ref var sample in audio.AsSpan())
            sample = (random.NextSingle() - 0.5f) / 10;

        var mel = new float[model.MelLength(audio.Length)];
        model.LogMel(audio, mel);
        var (rss, sequenceBytes, audioBytes) = Memory(model, mel);
        var costs = new WhisperCosts(model.HyperParameters, model.DecoderWeightBytes, audioBytes);
        var (encode, encodeFloor) = (new Dictionary<string, double>(), new Dictionary<string, double>());
        foreach (var seconds in Durations)
        {
            var context = AudioContext.Auto.Positions(seconds * 16000, model.HyperParameters.AudioContext, trainedForShort: true);
            encode[$"{seconds}"] = Best(() => model.Encode([new AudioWindow(mel, 0, context)]));
            encodeFloor[$"{seconds}"] = costs.EncodeFlop(context) / gflops / 1e6;
        }

        AudioWindow[] six =
            [.. Enumerable.Range(0, 6).Select(i => new AudioWindow(mel, i * 500, Math.Min(250, model.HyperParameters.AudioContext)))];
        var encodeSix = new Dictionary<string, double>
        {
            ["together"] = Best(() => model.Encode(six)),
            ["alone"] = Best(() =>
            {
                foreach (var window in six)
                    model.Encode([window]);
            }),
        };

        var melMs = Best(() => model.LogMel(audio, mel));
        var (decode, decodeFloor) = (new Dictionary<string, double>(), new Dictionary<string, double>());
        foreach (var batch in Batches)
        {
            decode[$"{batch}"] = DecodeStep(model, mel, batch) / batch;
            var floor = Math.Max(costs.StepBytes(batch) / gigabytes / 1e6, costs.StepFlop(batch) / gflops / 1e6);
            decodeFloor[$"{batch}"] = floor / batch;
        }

        return new WhisperFigures(
            path, device.Threads, new MachineFloor(Math.Round(gflops, 1), Math.Round(gigabytes, 1)), loadMs, rss, process,
            new FileInfo(path).Length / 1e6, sequenceBytes / 1e6, melMs, encode, encodeFloor, encodeSix, decode, decodeFloor);
    }

    /// <summary>
    /// Resident memory with one sequence at work, the bytes that a sequence takes, and those of its audio that a token reads.
    /// </summary>
    private static (double Rss, long SequenceBytes, long AudioBytes) Memory(WhisperModel model, float[] mel)
    {
        using var state = model.NewDecoderState();
        using var audio = model.NewEncoderMemory();
        model.Encode([new AudioWindow(mel, 0, model.HyperParameters.AudioContext)], [audio]);
        model.Decode([new DecoderRow(audio, state, Token, WantLogits: true)]);
        return (ResidentMegabytes(), state.MaximumBytes + audio.MaximumBytes, audio.BytesRead);
    }

    private static double ResidentMegabytes()
    {
        GC.Collect();
        return Environment.WorkingSet / 1e6;
    }

    /// <summary>
    /// The time of one step of <paramref name="batch"/> sequences over 30 s each, in milliseconds: the best of some steps, as all times
    /// here.
    /// </summary>
    private static double DecodeStep(WhisperModel model, float[] mel, int batch)
    {
        var states = Enumerable.Range(0, batch).Select(_ => model.NewDecoderState()).ToArray();
        var audio = states.Select(_ => model.NewEncoderMemory()).ToArray();
        foreach (var features in audio)
            model.Encode([new AudioWindow(mel, 0, model.HyperParameters.AudioContext)], [features]);
        var rows = states.Zip(audio, (state, features) => new DecoderRow(features, state, Token, WantLogits: true)).ToArray();
        var times = new double[Steps];
        for (var step = 0; step < Steps; step++)
        {
            var start = Stopwatch.GetTimestamp();
            model.Decode(rows);
            times[step] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        foreach (var state in states)
            state.Dispose();
        foreach (var features in audio)
            features.Dispose();
        return times.Min();
    }

    private static double Best(Action action)
    {
        var best = double.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            action();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return best;
    }

    private static void Print(WhisperFigures figures)
    {
        var table = new Table
        {
            Title = new TableTitle(
                $"{Path.GetFileName(figures.Model)}, {figures.Threads} threads; machine: {figures.Floor.Gflops:F0} GFLOP/s, {figures.Floor.Gbps:F0} GB/s from memory"),
        };
        table.AddColumns("phase", "ms", "floor ms", "ratio");
        table.AddRow("load", $"{figures.LoadMs:F0}", "", "");
        table.AddRow("log-mel, 30 s", $"{figures.MelMs:F2}", "", "");
        foreach (var (seconds, ms) in figures.EncodeMs)
            AddRow(table, $"encode {seconds} s", ms, figures.EncodeFloorMs[seconds]);
        foreach (var (batch, ms) in figures.DecodeMsPerToken)
            AddRow(table, $"decode, per token at batch {batch}", ms, figures.DecodeFloorMsPerToken[batch]);
        table.AddRow("encode 6 x 5 s in one pass", $"{figures.EncodeSixMs["together"]:F2}", "", "");
        table.AddRow("encode 6 x 5 s one by one", $"{figures.EncodeSixMs["alone"]:F2}", "", "");
        Terminal.Output().Write(table);

        // A spoken second is about three tokens.
        var segment = figures.EncodeMs["5"] + (15 * figures.DecodeMsPerToken["8"]);
        Console.WriteLine($"A 5 s segment of 15 tokens in a batch of 8 costs {segment:F1} ms: real-time factor {segment / 5000:F4}.");
        Console.WriteLine(
            $"Resident memory with one sequence {figures.RssMb:F0} MB: the process before the model {figures.ProcessMb:F0}, the model's file {figures.FileMb:F0}. Each sequence takes up to {figures.SequenceMb:F1} MB.");
    }

    private static void AddRow(Table table, string phase, double ms, double floor) =>
        table.AddRow(phase, $"{ms:F2}", $"{floor:F2}", $"{ms / floor:F2}");
}
