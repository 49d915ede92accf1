namespace Speech.Tensors.Cpu;

/// <summary>One head of <see cref="CpuDevice.Append"/>.</summary>
internal readonly unsafe struct AppendJob(
    CpuKernels kernels, KeyValueCache cache, int first, TensorView keys, TensorView values) : IParallelJob
{
    // Below this, copying takes less time than waking a thread.
    public const int RowsWorthSplitting = 32;

    public void Run(int head, int thread)
    {
        var column = head * cache.HeadSize;
        kernels.Append(cache, head, first, keys.Rows, keys.Data + column, keys.Stride, values.Data + column, values.Stride);
    }
}
