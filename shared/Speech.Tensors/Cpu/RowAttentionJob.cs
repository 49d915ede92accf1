namespace Speech.Tensors.Cpu;

/// <summary>
/// One head of one group of rows of <see cref="CpuDevice.AttendEach"/>, which attend to the same positions of the same cache.
/// </summary>
internal readonly unsafe struct RowAttentionJob(
    CpuDevice device, TensorView query, KeyValueCache[] caches, int[] counts, TensorView output, int[] groups) : IParallelJob
{
    public void Run(int piece, int thread)
    {
        var heads = caches[0].Heads;
        var group = piece / heads;
        Attend(device, query, caches[groups[group]], piece % heads, counts[groups[group]], output, groups[group], groups[group + 1],
            thread);
    }

    /// <summary>One head of rows [first, end): <paramref name="query"/> over the first <paramref name="count"/> positions.</summary>
    public static void Attend(
        CpuDevice device, TensorView query, KeyValueCache keys, int head, int count, TensorView output, int first, int end, int thread)
    {
        // As many rows as WeightedSum gives the same sums alone and together.
        const int Together = 2;
        var column = head * keys.HeadSize;
        var panels = keys.Panels(count);
        var stride = panels * keys.PanelWidth;
        var scores = device.Scratch(thread);
        var kernels = device.Kernels;
        kernels.Scores(end - first, query.RowPointer(first) + column, query.Stride, keys, head, panels, scores, stride);
        var factors = stackalloc float[Together];
        var rests = stackalloc float[Together * keys.HeadSize];
        for (var row = first; row < end; row += Together)
        {
            var rows = Math.Min(Together, end - row);
            var weights = scores + ((nint)(row - first) * stride);
            for (var r = 0; r < rows; r++)
                factors[r] = kernels.Exponentials(
                    weights + ((nint)r * stride), count, query.RowPointer(row + r) + column, keys, head, rests + (r * keys.HeadSize));
            kernels.WeightedSum(rows, count, weights, stride, factors, rests, keys, head, output.RowPointer(row) + column, output.Stride);
        }
    }
}
