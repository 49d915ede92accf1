using System.Numerics.Tensors;

namespace Speech.Models.Batching;

/// <summary>The most probable tokens of a row of logits.</summary>
internal static class TopTokens
{
    private const int Chunk = 1024;

    /// <summary>Finds the tokens of the highest logits; of equal ones the first.</summary>
    /// <param name="logits">[vocabulary]; forbidden tokens are -∞ and never found.</param>
    /// <param name="best">Gets them, best first.</param>
    /// <returns>How many were found: fewer than asked for where no more are allowed.</returns>
    public static int Find(ReadOnlySpan<float> logits, Span<int> best)
    {
        var count = 0;
        var threshold = float.NegativeInfinity;
        for (var start = 0; start < logits.Length; start += Chunk)
        {
            // Few stretches have a candidate, and a maximum is found sixteen at a time.
            var end = Math.Min(logits.Length, start + Chunk);
            if (TensorPrimitives.Max(logits[start..end]) <= threshold)
                continue;
            for (var token = start; token < end; token++)
            {
                if (!(logits[token] > threshold))
                    continue;
                var place = Math.Min(count, best.Length - 1);
                for (; place > 0 && logits[best[place - 1]] < logits[token]; place--)
                    best[place] = best[place - 1];
                best[place] = token;
                count = Math.Min(count + 1, best.Length);
                if (count == best.Length)
                    threshold = logits[best[^1]];
            }
        }

        return count;
    }
}
