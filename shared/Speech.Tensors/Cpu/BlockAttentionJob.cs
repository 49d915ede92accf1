namespace Speech.Tensors.Cpu;

/// <summary>
/// One head for one block of query rows of <see cref="CpuDevice.Attend"/>: the block's scores stay in the core's cache from product to
/// product.
/// </summary>
internal readonly unsafe struct BlockAttentionJob(
    CpuDevice device, TensorView query, KeyValueCache keys, TensorView output, int queryBlock) : IParallelJob
{
    public void Run(int piece, int thread)
    {
        var row = piece / keys.Heads * queryBlock;
        var head = piece % keys.Heads;
        var rows = Math.Min(queryBlock, query.Rows - row);
        var column = head * keys.HeadSize;
        var scores = device.Scratch(thread);
        var stride = keys.PaddedCount;
        var kernels = device.Kernels;
        kernels.Scores(rows, query.RowPointer(row) + column, query.Stride, keys, head, keys.Panels(keys.Count), scores, stride);
        var factors = stackalloc float[rows];
        var rests = stackalloc float[rows * keys.HeadSize];
        for (var r = 0; r < rows; r++)
            factors[r] = kernels.Exponentials(
                scores + ((nint)r * stride), keys.Count, query.RowPointer(row + r) + column, keys, head, rests + (r * keys.HeadSize));
        kernels.WeightedSum(rows, keys.Count, scores, stride, factors, rests, keys, head, output.RowPointer(row) + column, output.Stride);
    }
}
