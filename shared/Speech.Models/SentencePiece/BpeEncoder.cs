using System.Buffers;

namespace Speech.Models.SentencePiece;

/// <summary>
/// Byte-pair encoding: text starts as single characters (and whole user-defined pieces, which never merge), and again and again those two
/// neighbours merge whose merger is the piece of the highest score, the leftmost first. Candidates wait in a heap; those that a neighbour's
/// merger made stale are recognised by their length and skipped. n characters give at most 3n candidates, hence n log n time. A symbol
/// keeps its node in the pieces' trie, so that looking up a merger walks only the right symbol's bytes.
/// </summary>
/// <remarks>Source: google/sentencepiece, <c>bpe_model.cc</c>.</remarks>
internal sealed class BpeEncoder(SentencePieceModel model) : IPieceEncoder
{
    private const int None = -1;

    public long Encode(ReadOnlySpan<byte> text, List<TextPiece> pieces)
    {
        var symbols = ArrayPool<Symbol>.Shared.Rent(text.Length);
        try
        {
            return new Merging(model, text, symbols).Run(pieces);
        }
        finally
        {
            ArrayPool<Symbol>.Shared.Return(symbols);
        }
    }

    /// <param name="Start">The first byte in the text.</param>
    /// <param name="Length">In bytes; 0 when its left neighbour has swallowed it.</param>
    /// <param name="Node">Where its bytes lead in the pieces' trie, or -1 when no piece begins with them.</param>
    /// <param name="IsFrozen">A user-defined piece, which never merges.</param>
    /// <param name="Previous">The left neighbour, or -1.</param>
    /// <param name="Next">The right neighbour, or -1.</param>
    private record struct Symbol(int Start, int Length, int Node, bool IsFrozen, int Previous, int Next);

    /// <param name="Left">The left symbol.</param>
    /// <param name="Length">Of both symbols when this became a candidate; if they now have another one, it no longer is.</param>
    /// <param name="Node">Where both lead in the pieces' trie.</param>
    private readonly record struct Merger(int Left, int Length, int Node);

    /// <summary>Higher scores go first, then those further left.</summary>
    private readonly record struct Priority(float Score, int Left) : IComparable<Priority>
    {
        public int CompareTo(Priority other) => Score != other.Score ? other.Score.CompareTo(Score) : Left.CompareTo(other.Left);
    }

    private ref struct Merging
    {
        private readonly SentencePieceModel _model;
        private readonly ReadOnlySpan<byte> _text;
        private readonly Span<Symbol> _symbols;
        private readonly PriorityQueue<Merger, Priority> _mergers = new();

        /// <summary>For each unused piece that came up as a merger, the length of its left part when it last did.</summary>
        private readonly Dictionary<int, int> _leftLengths = [];
        private long _steps;

        public Merging(SentencePieceModel model, ReadOnlySpan<byte> text, Span<Symbol> symbols)
        {
            _model = model;
            _text = text;
            _symbols = symbols;
        }

        public long Run(List<TextPiece> pieces)
        {
            var count = Split();
            for (var right = 1; right < count; right++)
                AddMerger(right - 1, right);

            while (_mergers.TryDequeue(out var merger, out _))
            {
                _steps++;
                ref var left = ref _symbols[merger.Left];
                if (left.Length == 0 || left.Next == None || left.Length + _symbols[left.Next].Length != merger.Length)
                    continue;

                ref var right = ref _symbols[left.Next];
                right.Length = 0;
                left.Length = merger.Length;
                left.Node = merger.Node;
                left.Next = right.Next;
                if (left.Next != None)
                    _symbols[left.Next].Previous = merger.Left;
                AddMerger(left.Previous, merger.Left);
                AddMerger(merger.Left, left.Next);
            }

            for (var index = count > 0 ? 0 : None; index != None; index = _symbols[index].Next)
            {
                ref readonly var symbol = ref _symbols[index];
                AddPiece(_text.Slice(symbol.Start, symbol.Length), symbol.Node, pieces);
            }

            return _steps;
        }

        private int Split()
        {
            var count = 0;
            for (var start = 0; start < _text.Length; count++)
            {
                var rest = _text[start..];
                var userDefined = _model.UserDefinedPieces?.LongestMatch(rest) ?? 0;
                var length = userDefined > 0 ? userDefined : Utf8Character.Length(rest);
                var end = start + length;
                _symbols[count] = new Symbol(
                    start, length, Walk(PieceTrie.Root, rest[..length]), userDefined > 0, count - 1, end < _text.Length ? count + 1 : None);
                start = end;
            }

            return count;
        }

        private void AddMerger(int leftIndex, int rightIndex)
        {
            if (leftIndex == None || rightIndex == None)
                return;
            ref readonly var left = ref _symbols[leftIndex];
            ref readonly var right = ref _symbols[rightIndex];
            if (left.IsFrozen || right.IsFrozen || left.Node < 0)
                return;

            var node = Walk(left.Node, _text.Slice(right.Start, right.Length));
            var id = _model.Pieces.IdAt(node);
            if (id < 0)
                return;
            _mergers.Enqueue(new Merger(leftIndex, left.Length + right.Length, node), new Priority(_model.Score(id), leftIndex));
            if (_model.TypeOf(id) == PieceType.Unused)
                _leftLengths[id] = left.Length;
        }

        /// <summary>Adds a symbol's piece, or those that an unused one was merged from.</summary>
        private void AddPiece(ReadOnlySpan<byte> symbol, int node, List<TextPiece> pieces)
        {
            var id = _model.Pieces.IdAt(node);
            if (id >= 0 && _model.TypeOf(id) == PieceType.Unused && _leftLengths.TryGetValue(id, out var leftLength))
            {
                AddPiece(symbol[..leftLength], Walk(PieceTrie.Root, symbol[..leftLength]), pieces);
                AddPiece(symbol[leftLength..], Walk(PieceTrie.Root, symbol[leftLength..]), pieces);
            }
            else
            {
                pieces.Add(new TextPiece(id >= 0 ? id : _model.UnknownId, symbol.Length));
            }
        }

        private int Walk(int node, ReadOnlySpan<byte> bytes)
        {
            _steps += bytes.Length;
            return _model.Pieces.Walk(node, bytes);
        }
    }
}
