using System.Diagnostics.CodeAnalysis;

namespace Speech.Tensors.Ggml;

/// <summary>How a tensor's elements are stored: the numbers of <c>enum ggml_type</c> that this reader knows.</summary>
[SuppressMessage("Naming", "CA1707", Justification = "The format's own names.")]
public enum GgmlType
{
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q4_1 = 3,
    Q5_0 = 6,
    Q5_1 = 7,
    Q8_0 = 8,
}

/// <summary>Sizes of the types. Quantised rows are made of blocks of 32 elements; the others have "blocks" of one element.</summary>
public static class GgmlTypeSizes
{
    extension(GgmlType type)
    {
        public bool IsKnown => type is GgmlType.F32 or GgmlType.F16 || type.IsQuantised;

        public bool IsQuantised =>
            type is GgmlType.Q4_0 or GgmlType.Q4_1 or GgmlType.Q5_0 or GgmlType.Q5_1 or GgmlType.Q8_0;

        /// <summary>Whether its blocks are signed bytes times a scale, or fit into such: those without a minimum.</summary>
        public bool FitsInt8 => type is GgmlType.Q4_0 or GgmlType.Q5_0 or GgmlType.Q8_0;

        /// <summary>Elements in one block: a row's length must be a multiple of it.</summary>
        public int BlockLength => type.IsQuantised ? 32 : 1;

        public int BlockBytes => type switch
        {
            GgmlType.F32 => 4,
            GgmlType.F16 => 2,
            GgmlType.Q4_0 => 18,
            GgmlType.Q4_1 => 20,
            GgmlType.Q5_0 => 22,
            GgmlType.Q5_1 => 24,
            GgmlType.Q8_0 => 34,
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a known ggml type."),
        };

        /// <summary>Bytes of <paramref name="elements"/> elements, which must be whole blocks.</summary>
        public long Bytes(long elements) => elements / type.BlockLength * type.BlockBytes;
    }
}
