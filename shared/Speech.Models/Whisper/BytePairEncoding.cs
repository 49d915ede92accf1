using System.Diagnostics.CodeAnalysis;

namespace Speech.Models.Whisper;

/// <summary>Byte-level byte-pair encoding as tiktoken does it: a token's rank is its id, and within one piece of text the adjacent pair
/// whose concatenation has the lowest rank is merged, the leftmost first, until no pair is a token. Pairs wait in a heap, so that a piece
/// of n bytes costs n log n; those that a neighbour's merge made stale are recognised by their end and skipped.</summary>
internal sealed class BytePairEncoding
{
    private readonly Dictionary<byte[], int> _ranks;
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _rankOf;

    /// <exception cref="ArgumentException">Some byte has no token of its own.</exception>
    public BytePairEncoding(WhisperVocabulary vocabulary)
    {
        _ranks = new Dictionary<byte[], int>(vocabulary.Count, new ByteStringComparer());
        _rankOf = _ranks.GetAlternateLookup<ReadOnlySpan<byte>>();
        for (var token = 0; token < vocabulary.Count; token++)
        {
            if (!vocabulary[token].IsEmpty)
                _rankOf.TryAdd(vocabulary[token], token);
        }

        for (var value = 0; value < 256; value++)
        {
            if (!_rankOf.ContainsKey([(byte)value]))
                throw new ArgumentException($"The vocabulary has no token for the byte {value:x2}; it is not a byte-level one.");
        }
    }

    /// <summary>Appends the tokens of one piece.</summary>
    public void Encode(ReadOnlySpan<byte> piece, List<int> tokens)
    {
        if (_rankOf.TryGetValue(piece, out var whole))
        {
            tokens.Add(whole);
            return;
        }

        // Part i begins at byte i and ends at end[i]; a part swallowed by its left neighbour has end 0.
        var end = new int[piece.Length];
        var previous = new int[piece.Length];
        var pairs = new PriorityQueue<(int Left, int End), (int Rank, int Left)>();
        for (var i = 0; i < piece.Length; i++)
        {
            end[i] = i + 1;
            previous[i] = i - 1;
        }

        for (var i = 0; i < piece.Length - 1; i++)
            AddPair(i, piece);

        while (pairs.TryDequeue(out var pair, out _))
        {
            var (left, pairEnd) = pair;
            var right = end[left];
            if (right == 0 || right >= pairEnd || end[right] != pairEnd)
                continue;

            end[left] = pairEnd;
            end[right] = 0;
            if (pairEnd < piece.Length)
            {
                previous[pairEnd] = left;
                AddPair(left, piece);
            }

            if (previous[left] >= 0)
                AddPair(previous[left], piece);
        }

        for (var start = 0; start < piece.Length; start = end[start])
            tokens.Add(_rankOf[piece[start..end[start]]]);

        void AddPair(int left, ReadOnlySpan<byte> bytes)
        {
            var pairEnd = end[end[left]];
            if (_rankOf.TryGetValue(bytes[left..pairEnd], out var rank))
                pairs.Enqueue((left, pairEnd), (rank, left));
        }
    }

    private sealed class ByteStringComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] bytes) => GetHashCode(bytes.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
