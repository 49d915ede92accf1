namespace Speech.Tensors.Cpu;

/// <summary>One head of <see cref="CpuDevice.Append"/>.</summary>
internal readonly unsafe struct AppendJob(CpuKernels kernels, KeyValueCache cache, int first, TensorView keys, TensorView values) : IParallelJob
{
    // Below this, copying takes less time than waking a thread.
    public const int RowsWorthSplitting = 32;

    public void Run(int head, int thread)
    {
        var column = head * cache.HeadSize;
        kernels.PackKeys(keys.Data + column, keys.Stride, first, keys.Rows, cache.HeadSize, cache.KeyPanels(head));
        for (var row = 0; row < values.Rows; row++)
        {
            var source = new ReadOnlySpan<float>(values.RowPointer(row) + column, cache.HeadSize);
            source.CopyTo(new Span<float>(cache.Values.RowPointer(first + row) + column, cache.HeadSize));
        }
    }
}
