using Speech.Tensors.Cpu;

namespace Speech.Tensors.Tests.Cpu;

/// <summary>One device of two threads for each vector width that this processor has.</summary>
public static class Devices
{
    private static readonly Dictionary<SimdLevel, CpuDevice> All =
        Enum.GetValues<SimdLevel>().Where(level => level <= CpuDevice.Best)
            .ToDictionary(level => level, level => new CpuDevice(threads: 2, level));

    public static TheoryData<SimdLevel> Levels => [.. All.Keys];

    public static CpuDevice At(SimdLevel level) => All[level];

    /// <summary>A tensor of seeded random numbers in -1..1; wider memory than columns where a result needs room for whole panels.</summary>
    public static Tensor Random(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        var tensor = new Tensor(rows, columns);
        for (var row = 0; row < rows; row++)
        {
            foreach (ref var value in tensor.Row(row))
                value = (random.NextSingle() * 2) - 1;
        }

        return tensor;
    }

    public static float[] Flat(Tensor tensor) => [.. Enumerable.Range(0, tensor.Rows).SelectMany(row => tensor.Row(row).ToArray())];
}
