namespace Speech.Tensors.Cpu;

/// <summary>The vector width that the kernels use.</summary>
public enum SimdLevel
{
    Portable128,
    Avx2,
    Avx512,
}
