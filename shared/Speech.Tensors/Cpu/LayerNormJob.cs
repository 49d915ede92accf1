namespace Speech.Tensors.Cpu;

/// <summary>A few rows of <see cref="CpuDevice.LayerNorm"/>.</summary>
internal readonly unsafe struct LayerNormJob(CpuKernels kernels, TensorView x, Tensor weight, Tensor bias, TensorView y) : IParallelJob
{
    public const int Rows = 64;

    public void Run(int piece, int thread)
    {
        var end = Math.Min(x.Rows, (piece + 1) * Rows);
        for (var row = piece * Rows; row < end; row++)
            kernels.LayerNorm(x.RowPointer(row), weight.Data, bias.Data, y.RowPointer(row), x.Columns);
    }
}
