namespace Speech.Tensors.Cpu;

/// <summary>One head of one row of <see cref="CpuDevice.AttendEach"/>.</summary>
internal readonly unsafe struct RowAttentionJob(CpuDevice device, TensorView query, KeyValueCache[] caches, int[] counts, TensorView output) : IParallelJob
{
    public void Run(int piece, int thread)
    {
        var heads = caches[0].Heads;
        var row = piece / heads;
        var head = piece % heads;
        var keys = caches[row];
        var count = counts[row];
        var column = head * keys.HeadSize;
        var scores = device.Scratch(thread);
        var kernels = device.Kernels;
        kernels.Scores(1, query.RowPointer(row) + column, query.Stride, keys, head, keys.Panels(count), scores, 0);
        kernels.Softmax(scores, count, 1 / MathF.Sqrt(keys.HeadSize));
        kernels.WeightedSum(1, count, scores, 0, keys, head, output.RowPointer(row) + column, 0);
    }
}
