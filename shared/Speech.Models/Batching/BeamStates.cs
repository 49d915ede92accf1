using Speech.Models.Transformer;

namespace Speech.Models.Batching;

/// <summary>What becomes of the decoder's states when beams fork and die.</summary>
internal static class BeamStates
{
    /// <summary>
    /// Makes <c>states[i]</c> continue what <c>states[parents[i]]</c> was. A parent's state passes to its first child; its other children get a copy, in
    /// a state that has no child.
    /// </summary>
    /// <param name="states">At least as many as there are children.</param>
    /// <param name="parents">For each child an index into <paramref name="states"/>.</param>
    public static void Reorder(Span<DecoderState> states, ReadOnlySpan<int> parents)
    {
        if (IsIdentity(parents))
            return;
        var before = states.ToArray();
        var free = new Stack<DecoderState>();
        for (var i = before.Length - 1; i >= 0; i--)
        {
            if (!parents.Contains(i))
                free.Push(before[i]);
        }

        for (var child = 0; child < parents.Length; child++)
        {
            var parent = before[parents[child]];
            var isFirst = !parents[..child].Contains(parents[child]);
            states[child] = isFirst ? parent : free.Pop();
            if (!isFirst)
                states[child].CopyFrom(parent);
        }

        for (var spare = parents.Length; spare < states.Length; spare++)
            states[spare] = free.Pop();
    }

    private static bool IsIdentity(ReadOnlySpan<int> parents)
    {
        for (var i = 0; i < parents.Length; i++)
        {
            if (parents[i] != i)
                return false;
        }

        return true;
    }
}
