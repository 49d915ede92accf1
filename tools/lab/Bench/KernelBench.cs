using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Spectre.Console;
using Speech.Cli.Decode;
using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Lab.Bench;

/// <summary>
/// `bench kernels`: the matrix kernels of every vector width against what multiply-adds on registers alone reach in the same run.
/// </summary>
internal static class KernelBench
{
    private const int Rounds = 12;

    /// <summary>The encoder's products in tiny, base and small: state to state, state to 4·state and back.</summary>
    private static readonly (string Model, int Rows, int Inputs, int Outputs)[] Shapes =
        [.. from model in ((string Name, int State)[])[("tiny", 384), ("base", 512), ("small", 768)]
            from shape in ((int Inputs, int Outputs)[])[(model.State, model.State), (model.State, 4 * model.State),
                (4 * model.State, model.State)]
            select (model.Name, 1500, shape.Inputs, shape.Outputs)];

    private static readonly Option<int> Threads = ModelOptions.Threads();

    private static readonly Option<bool> Json = Options.Json("One line of JSON per product.");

    public static Command Create()
    {
        var command =
            new Command("kernels", "Matrix kernels against the machine's multiply-add peak, for each vector width.") { Threads, Json };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        var json = parsed.GetValue(Json);
        double machine;
        using (var best = new CpuDevice(parsed.GetValue(Threads)))
            machine = MachinePeak.Gflops(best);
        foreach (var level in Enum.GetValues<SimdLevel>().Where(level => level <= CpuDevice.Best).Reverse())
        {
            using var device = new CpuDevice(parsed.GetValue(Threads), level);
            var peak = MachinePeak.Gflops(device);
            var table = new Table { Title = new TableTitle($"{level}, {device.Threads} threads: peak {peak:F0} GFLOP/s of this width, {machine:F0} of the machine") };
            table.AddColumns("product", "weights", "GFLOP/s", "of this width's peak", "of the machine's peak");
            foreach (var (model, rows, inputs, outputs) in Shapes)
            {
                foreach (var half in (bool[])[false, true])
                {
                    var gflops = Measure(device, rows, inputs, outputs, half);
                    var weights = half ? "f16" : "f32";
                    if (json)
                        Console.WriteLine(JsonSerializer.Serialize(new { path = level.ToString(), model, rows, inputs, outputs, weights, gflops, peak_gflops = peak, machine_gflops = machine, ratio = gflops / peak }));
                    table.AddRow(
                        $"{rows}x{inputs}x{outputs} ({model})", weights, $"{gflops:F0}", $"{gflops / peak:P0}", $"{gflops / machine:P0}");
                }
            }

            if (!json)
                Terminal.Output().Write(table);
        }

        return ExitCodes.Ok;
    }

    /// <summary>The best of several rounds, in billions of operations a second.</summary>
    private static double Measure(CpuDevice device, int rows, int inputs, int outputs, bool half)
    {
        var random = new Random(1);
        using var x = new Tensor(rows, inputs);
        using var y = new Tensor(rows, outputs);
        for (var row = 0; row < rows; row++)
        {
            foreach (ref var value in x.Row(row))
                value = random.NextSingle() - 0.5f;
        }

        var weights = new float[outputs * inputs];
        foreach (ref var weight in weights.AsSpan())
            weight = random.NextSingle() - 0.5f;
        using var packed = half
            ? device.Pack([.. weights.Select(weight => (Half)weight)], outputs, inputs) : device.Pack(weights, outputs, inputs);

        var best = TimeSpan.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            device.Linear(x, packed, y);
            var elapsed = Stopwatch.GetElapsedTime(start);
            best = elapsed < best ? elapsed : best;
        }

        return 2.0 * rows * inputs * outputs / best.TotalSeconds / 1e9;
    }
}
