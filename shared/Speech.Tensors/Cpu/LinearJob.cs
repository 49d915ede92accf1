namespace Speech.Tensors.Cpu;

/// <summary>One block of rows by one chunk of weight panels of <see cref="CpuDevice.Linear"/>.</summary>
internal readonly unsafe struct LinearJob(
    CpuDevice device, TensorView x, PackedMatrix weights, TensorView y, Activation activation, bool accumulate, int rowBlock,
    int panelChunks) : IParallelJob
{
    public void Run(int piece, int thread)
    {
        var row = piece / panelChunks * rowBlock;
        var chunk = piece % panelChunks;
        var rows = Math.Min(rowBlock, x.Rows - row);
        var first = (int)((long)weights.Panels * chunk / panelChunks);
        var end = (int)((long)weights.Panels * (chunk + 1) / panelChunks);
        var kernels = device.Kernels;
        kernels.Multiply(
            rows, x.RowPointer(row), x.Stride, weights, first, end, y.RowPointer(row), y.Stride, accumulate, device.Scratch(thread));
        if (activation == Activation.None)
            return;
        for (var r = row; r < row + rows; r++)
        {
            var values = y.RowPointer(r) + (first * kernels.PanelWidth);
            var count = (end - first) * kernels.PanelWidth;
            if (activation == Activation.Gelu)
                kernels.Gelu(values, count);
            else
                kernels.Relu(values, count);
        }
    }
}
