namespace Speech.Tensors.Cpu;

/// <summary>
/// One head of one sequence of <see cref="CpuDevice.AppendAndAttend"/>: appends the keys and values of the sequence's rows, then lets each
/// row attend to all positions up to its own.
/// </summary>
internal readonly unsafe struct SelfAttentionJob(
    CpuDevice device, TensorView query, TensorView keys, TensorView values, KeyValueCache[] caches, TensorView output,
    int[] groups) : IParallelJob
{
    public void Run(int piece, int thread)
    {
        var heads = caches[0].Heads;
        var head = piece % heads;
        var (first, end) = (groups[piece / heads], groups[(piece / heads) + 1]);
        var cache = caches[first];
        var column = head * cache.HeadSize;
        var before = cache.Count - (end - first);
        device.Kernels.Append(cache, head, before, end - first, keys.RowPointer(first) + column, keys.Stride, values.RowPointer(
            first) + column, values.Stride);
        for (var row = first; row < end; row++)
            RowAttentionJob.Attend(device, query, cache, head, before + 1 + row - first, output, row, row + 1, thread);
    }
}
