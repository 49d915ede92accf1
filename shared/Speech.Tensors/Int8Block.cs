using System.Runtime.CompilerServices;

namespace Speech.Tensors;

/// <summary>
/// 32 neighbouring weights of a row as signed bytes times one scale. Holds ggml's q8_0, q5_0 and q4_0 blocks without loss.
/// </summary>
public struct Int8Block
{
    /// <summary>Weights in a block.</summary>
    public const int Length = 32;

    internal float Scale;

    internal Int8Weights Weights;

    /// <param name="scale">Of every weight.</param>
    /// <param name="weights"><see cref="Length"/> of them.</param>
    public Int8Block(float scale, ReadOnlySpan<sbyte> weights)
    {
        Scale = scale;
        weights[..Length].CopyTo(Weights);
    }

    [InlineArray(Length)]
    internal struct Int8Weights
    {
        private sbyte _first;
    }
}
