using System.Diagnostics;

namespace Speech.Tensors.Cpu;

/// <summary>What this machine can do at most, measured: the floor that kernels are held against.</summary>
public static class MachinePeak
{
    /// <summary>
    /// Billions of floating-point operations a second in multiply-adds on registers alone, on all of the device's threads; the best of
    /// several runs.
    /// </summary>
    public static double Gflops(CpuDevice device)
    {
        const int Runs = 7;
        var best = 0.0;
        for (var run = 0; run < Runs; run++)
        {
            var job = new PeakJob(device.Kernels, 2_000_000, new double[device.Threads]);
            var start = Stopwatch.GetTimestamp();
            device.Run(ref job, device.Threads);
            best = Math.Max(best, job.Operations.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);
        }

        return best;
    }

    /// <summary>
    /// Billions of bytes a second read from memory that no cache holds, on all of the device's threads; the best of several runs.
    /// </summary>
    public static double ReadGigabytesPerSecond(CpuDevice device)
    {
        const int Runs = 9, Megabytes = 256;
        using var memory = new Tensor(Megabytes, 1024 * 1024 / sizeof(float));

        // Memory that nobody has written to is one page of zeros.
        for (var row = 0; row < memory.Rows; row++)
            memory.Row(row).Fill(1);
        var best = 0.0;
        for (var run = 0; run < Runs; run++)
        {
            var job = new ReadJob(device.Kernels, memory, new float[device.Threads * 16]);
            var start = Stopwatch.GetTimestamp();
            device.Run(ref job, Megabytes);
            best = Math.Max(best, Megabytes / 1024.0 * 1.073741824 / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    private readonly struct PeakJob(CpuKernels kernels, int iterations, double[] operations) : IParallelJob
    {
        public double[] Operations => operations;

        public void Run(int piece, int thread) => operations[piece] = kernels.RunPeak(iterations);
    }

    private readonly unsafe struct ReadJob(CpuKernels kernels, Tensor memory, float[] sums) : IParallelJob
    {
        public void Run(int piece, int thread) =>
            sums[thread * 16] += kernels.Sum(memory.Data + ((nint)piece * memory.Columns), memory.Columns);
    }
}
