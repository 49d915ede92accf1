namespace Speech.Models.Whisper.Timing;

/// <summary>The cheapest monotone path through a cost matrix: which token is said at which time.</summary>
/// <remarks>Source: openai/whisper, <c>timing.py</c>, dtw_cpu and backtrace; ties go the same way.</remarks>
internal static class DynamicTimeWarping
{
    /// <param name="cost">[tokens, positions], row-major.</param>
    /// <returns>For each token the first position of its stretch of the path.</returns>
    public static int[] FirstPositions(ReadOnlySpan<float> cost, int tokens, int positions)
    {
        // best[i, j] is the cheapest path to cell (i-1, j-1); trace tells where it came from: 0 diagonal, 1 from the token before, 2 from
        // the position before.
        var width = positions + 1;
        var best = new float[(tokens + 1) * width];
        var trace = new byte[(tokens + 1) * width];
        best.AsSpan().Fill(float.PositiveInfinity);
        best[0] = 0;
        for (var j = 1; j <= positions; j++)
        {
            for (var i = 1; i <= tokens; i++)
            {
                var diagonal = best[((i - 1) * width) + j - 1];
                var token = best[((i - 1) * width) + j];
                var position = best[(i * width) + j - 1];
                var (least, from) = diagonal < token && diagonal < position ? (diagonal, (byte)0)
                    : token < diagonal && token < position ? (token, (byte)1)
                    : (position, (byte)2);
                best[(i * width) + j] = cost[((i - 1) * positions) + j - 1] + least;
                trace[(i * width) + j] = from;
            }
        }

        var first = new int[tokens];
        for (int i = tokens, j = positions; i > 0 || j > 0;)
        {
            if (i > 0 && j > 0)
                first[i - 1] = j - 1;
            var from = i == 0 ? 2 : j == 0 ? 1 : trace[(i * width) + j];
            i -= from is 0 or 1 ? 1 : 0;
            j -= from is 0 or 2 ? 1 : 0;
        }

        return first;
    }
}
