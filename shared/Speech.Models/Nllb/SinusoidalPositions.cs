using Speech.Tensors;

namespace Speech.Models.Nllb;

/// <summary>M2M100's position vectors, which are computed and not stored: all sines first, then all cosines.</summary>
/// <remarks>Source: huggingface/transformers, <c>modeling_m2m_100.py</c>, M2M100SinusoidalPositionalEmbedding.</remarks>
internal static class SinusoidalPositions
{
    // Rows 0 and 1 of the table belong to padding: the first token has row 2.
    private const int Offset = 2;

    /// <returns>[positions, state]</returns>
    public static Tensor Table(int positions, int state)
    {
        var table = new Tensor(positions, state);
        var half = state / 2;
        for (var position = 0; position < positions; position++)
        {
            var row = table.Row(position);
            for (var k = 0; k < half; k++)
            {
                // As there: the frequency and the angle are rounded to floats.
                var frequency = MathF.Exp(k * (float)-(Math.Log(10000) / (half - 1)));
                var angle = (position + Offset) * frequency;
                row[k] = MathF.Sin(angle);
                row[half + k] = MathF.Cos(angle);
            }
        }

        return table;
    }
}
