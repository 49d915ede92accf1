namespace Speech.Models.Transformer;

/// <summary>The dimensions of one half of an encoder-decoder model.</summary>
/// <param name="Layers">Blocks.</param>
/// <param name="State">Width of the residual stream.</param>
/// <param name="Heads">Of each attention; each has State/Heads dimensions.</param>
/// <param name="MaximumLength">Positions of the longest sequence.</param>
/// <param name="HalfCaches">Whether a decoder keeps its keys and values as halves: half the bytes, which every token reads.</param>
internal readonly record struct TransformerShape(int Layers, int State, int Heads, int MaximumLength, bool HalfCaches = true)
{
    public int HeadSize => State / Heads;
}
