namespace Speech.Tensors.Cpu;

/// <summary>One number of <see cref="CpuDevice.ForEach"/>.</summary>
internal readonly struct ActionJob(Action<int> action) : IParallelJob
{
    public void Run(int piece, int thread) => action(piece);
}
