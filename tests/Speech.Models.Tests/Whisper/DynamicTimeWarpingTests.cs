using Speech.Models.Whisper.Timing;

namespace Speech.Models.Tests.Whisper;

public class DynamicTimeWarpingTests
{
    [Fact]
    public void The_path_follows_the_cheap_cells()
    {
        float[] cost =
        [
            -9, -9, 1, 1, 1, 1,
            1, 1, -9, 1, 1, 1,
            1, 1, 1, -9, -9, -9,
        ];
        DynamicTimeWarping.FirstPositions(cost, tokens: 3, positions: 6).ShouldBe([0, 2, 3]);
    }

    [Fact]
    public void More_tokens_than_positions_share_positions() =>
        DynamicTimeWarping.FirstPositions([-1, 1, 1, -1, 1, -1], tokens: 3, positions: 2).ShouldBe([0, 1, 1]);

    [Fact]
    public void Its_path_is_as_cheap_as_the_cheapest_of_all_paths()
    {
        var random = new Random(1);
        for (var round = 0; round < 200; round++)
        {
            var (tokens, positions) = (random.Next(1, 6), random.Next(1, 6));
            var cost = Enumerable.Range(0, tokens * positions).Select(_ => -random.NextSingle()).ToArray();
            var first = DynamicTimeWarping.FirstPositions(cost, tokens, positions);
            first[0].ShouldBe(0);
            first.ShouldBeInOrder();
            CheapestWithStarts(cost, positions, first).ShouldBe(Cheapest(cost, positions, tokens - 1, positions - 1), 1e-4);
        }
    }

    private static double Cheapest(float[] cost, int positions, int token, int position)
    {
        if (token < 0 || position < 0)
            return double.PositiveInfinity;
        if (token == 0 && position == 0)
            return cost[0];
        return cost[(token * positions) + position] + Math.Min(
            Cheapest(cost, positions, token - 1, position - 1),
            Math.Min(Cheapest(cost, positions, token - 1, position), Cheapest(cost, positions, token, position - 1)));
    }

    /// <summary>
    /// The cost of the path whose tokens begin at these positions: each goes on until the next one's beginning, reached diagonally or
    /// straight down.
    /// </summary>
    private static double CheapestWithStarts(float[] cost, int positions, int[] first)
    {
        var sum = 0.0;
        var best = 0.0;
        for (var token = 0; token < first.Length; token++)
        {
            var next = token + 1 < first.Length ? first[token + 1] : positions;
            sum += best;
            for (var position = first[token]; position < next; position++)
                sum += cost[(token * positions) + position];

            // The step down may leave at the next one's first position too, where that is cheaper; it must where a token would else have no
            // cell.
            best = next == positions
                ? 0 : next == first[token] ? cost[(token * positions) + next] : Math.Min(0, cost[(token * positions) + next]);
        }

        return sum;
    }
}
