using Speech.Models.Transformer;

namespace Speech.Models.Batching;

/// <summary>What becomes of the decoder's states when beams fork and die.</summary>
internal static class BeamStates
{
    /// <summary>
    /// Makes <c>states[i]</c> continue what <c>states[parents[i]]</c> was. A parent's state passes to its first child; its other children
    /// get a copy, in a state that has no child.
    /// </summary>
    /// <param name="states">At least as many as there are children.</param>
    /// <param name="parents">For each child an index into <paramref name="states"/>.</param>
    public static void Reorder(Span<DecoderState> states, ReadOnlySpan<int> parents)
    {
        Span<int> origins = stackalloc int[states.Length]; // where what stands at an index stood before
        for (var i = 0; i < origins.Length; i++)
            origins[i] = i;
        for (var child = 0; child < parents.Length; child++)
        {
            if (FirstChild(child, parents) != child)
                continue;
            var parent = origins.IndexOf(parents[child]);
            (states[child], states[parent]) = (states[parent], states[child]);
            (origins[child], origins[parent]) = (origins[parent], origins[child]);
        }

        // Every parent stands at its first child's place by now, so at the other places are those that have no child.
        for (var child = 0; child < parents.Length; child++)
        {
            if (FirstChild(child, parents) is var first && first != child)
                states[child].CopyFrom(states[first]);
        }
    }

    private static int FirstChild(int sibling, ReadOnlySpan<int> parents) => parents.IndexOf(parents[sibling]);
}
