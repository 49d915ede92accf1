namespace Speech.Tensors.Cpu;

/// <summary>
/// One block of rows by one chunk of the panels of three matrices laid end to end, of <see cref="CpuDevice.LinearEach"/>.
/// </summary>
internal readonly unsafe struct ProjectionJob(
    CpuDevice device, TensorView x, Projection first, Projection second, Projection third, int rowBlock, int panelChunks) : IParallelJob
{
    public static int Panels(Projection first, Projection second, Projection third) =>
        first.Weights.Panels + second.Weights.Panels + third.Weights.Panels;

    public void Run(int piece, int thread)
    {
        var row = piece / panelChunks * rowBlock;
        var rows = Math.Min(rowBlock, x.Rows - row);
        var chunk = piece % panelChunks;
        var panels = Panels(first, second, third);
        var from = (int)((long)panels * chunk / panelChunks);
        var to = (int)((long)panels * (chunk + 1) / panelChunks);
        Multiply(first, row, rows, from, to, thread);
        from -= first.Weights.Panels;
        to -= first.Weights.Panels;
        Multiply(second, row, rows, from, to, thread);
        Multiply(third, row, rows, from - second.Weights.Panels, to - second.Weights.Panels, thread);
    }

    private void Multiply(Projection projection, int row, int rows, int from, int to, int thread)
    {
        var (weights, y) = (projection.Weights, projection.Result);
        from = Math.Max(from, 0);
        to = Math.Min(to, weights.Panels);
        if (from < to)
            device.Kernels.Multiply(
                rows, x.RowPointer(row), x.Stride, weights, from, to, y.RowPointer(row), y.Stride, add: false, device.Scratch(thread));
    }
}
