using Speech.Tensors;

namespace Speech.Models.Transformer;

/// <summary>The dimensions of one half of an encoder-decoder model.</summary>
/// <param name="Layers">Blocks.</param>
/// <param name="State">Width of the residual stream.</param>
/// <param name="Heads">Of each attention; each has State/Heads dimensions.</param>
/// <param name="MaximumLength">Positions of the longest sequence.</param>
/// <param name="States">How a decoder keeps the keys and values of its own tokens.</param>
/// <param name="Memories">How it keeps those of the encoder's output, all of which every token reads.</param>
internal readonly record struct TransformerShape(
    int Layers, int State, int Heads, int MaximumLength, CacheFormat States = CacheFormat.Half, CacheFormat Memories = CacheFormat.Half)
{
    public int HeadSize => State / Heads;
}
