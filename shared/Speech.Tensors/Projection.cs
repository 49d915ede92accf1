namespace Speech.Tensors;

/// <summary>One of several products of the same rows: see <see cref="Cpu.CpuDevice.LinearEach"/>.</summary>
/// <param name="Weights">[outputs, inputs]</param>
/// <param name="Result">[rows, outputs]; its stride must have room for the outputs rounded up to whole panels.</param>
public readonly record struct Projection(PackedMatrix Weights, TensorView Result);
