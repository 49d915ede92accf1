using Speech.Tensors;

namespace Speech.Models.SentencePiece;

/// <summary>
/// Finds pieces by their bytes, one byte after the other, so that all pieces at a place of a text come out of one walk. Nodes lie in
/// breadth-first order, so that a node's children lie side by side and end where the next node's begin: nine bytes a node.
/// <code>
/// label      -  a  b  c  a       the pieces "a", "ca":  0 -a-> 1 (piece)
/// firstChild 1  4  4  4  5  5                           0 -c-> 3 -a-> 4 (piece)
/// </code>
/// </summary>
internal sealed class PieceTrie
{
    public const int Root = 0;

    private readonly byte[] _labels;
    private readonly int[] _firstChild;
    private readonly int[] _ids;

    /// <exception cref="ModelFileException">Two of the pieces are the same.</exception>
    public PieceTrie(SentencePieceModel model, Func<PieceType, bool> isWanted)
    {
        var sorted = Enumerable.Range(0, model.Count).Where(id => isWanted(model.TypeOf(id))).ToArray();
        Array.Sort(sorted, (a, b) => model.PieceBytes(a).SequenceCompareTo(model.PieceBytes(b)));

        // Each node stands for the pieces sorted[low..high], which share their first depth bytes.
        var nodes = new List<(int Low, int High, int Depth)> { (0, sorted.Length, 0) };
        var labels = new List<byte> { 0 };
        var firstChild = new List<int>();
        var ids = new List<int>();
        for (var node = 0; node < nodes.Count; node++)
        {
            var (low, high, depth) = nodes[node];
            firstChild.Add(nodes.Count);
            var endsHere = low < high && model.PieceBytes(sorted[low]).Length == depth;
            ids.Add(endsHere ? sorted[low++] : -1);
            if (low < high && model.PieceBytes(sorted[low]).Length == depth)
                throw model.Error($"pieces {ids[^1]} and {sorted[low]} are both '{model.Piece(sorted[low])}'");

            while (low < high)
            {
                var label = model.PieceBytes(sorted[low])[depth];
                var end = low + 1;
                while (end < high && model.PieceBytes(sorted[end])[depth] == label)
                    end++;
                labels.Add(label);
                nodes.Add((low, end, depth + 1));
                low = end;
            }
        }

        firstChild.Add(nodes.Count);
        _labels = [.. labels];
        _firstChild = [.. firstChild];
        _ids = [.. ids];
    }

    /// <summary>The node after one more byte, or -1 when no piece goes on so.</summary>
    public int Child(int node, byte label)
    {
        var first = _firstChild[node];
        var index = _labels.AsSpan(first, _firstChild[node + 1] - first).IndexOf(label);
        return index < 0 ? -1 : first + index;
    }

    /// <summary>The node after more bytes, or -1.</summary>
    public int Walk(int node, ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < bytes.Length && node >= 0; i++)
            node = Child(node, bytes[i]);
        return node;
    }

    /// <summary>The piece that ends at a node, or -1.</summary>
    public int IdAt(int node) => node < 0 ? -1 : _ids[node];

    /// <summary>The length of the longest piece that the text begins with, or 0.</summary>
    public int LongestMatch(ReadOnlySpan<byte> text)
    {
        var length = 0;
        var node = Root;
        for (var i = 0; i < text.Length; i++)
        {
            node = Child(node, text[i]);
            if (node < 0)
                break;
            if (_ids[node] >= 0)
                length = i + 1;
        }

        return length;
    }
}
