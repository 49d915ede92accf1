using System.Buffers;

namespace Speech.Models.SentencePiece;

/// <summary>
/// Division by a unigram language model: the pieces whose log-probabilities have the highest sum (Viterbi). For each end in the text it is
/// enough to keep the best last piece, since what comes before does not depend on it. A character that is no piece counts as the unknown
/// piece, ten below the lowest score; user-defined pieces count near nothing, so that they always win.
/// </summary>
/// <remarks>Source: google/sentencepiece, <c>unigram_model.cc</c> (EncodeOptimized), down to the precision in which sums are kept and
/// compared, which decides between equals.</remarks>
internal sealed class UnigramEncoder : IPieceEncoder
{
    private const float UnknownPenalty = 10;
    private const double UserDefinedPenalty = 0.1;

    private readonly SentencePieceModel _model;
    private readonly float _unknownScore;
    private readonly float _highestScore = 1.17549435e-38f; // the smallest positive one, where the original starts

    public UnigramEncoder(SentencePieceModel model)
    {
        _model = model;
        var lowestScore = float.MaxValue;
        for (var id = 0; id < model.Count; id++)
        {
            if (model.TypeOf(id) != PieceType.Normal)
                continue;
            lowestScore = Math.Min(lowestScore, model.Score(id));
            _highestScore = Math.Max(_highestScore, model.Score(id));
        }

        _unknownScore = lowestScore - UnknownPenalty;
    }

    public long Encode(ReadOnlySpan<byte> text, List<TextPiece> pieces)
    {
        var best = ArrayPool<LastPiece>.Shared.Rent(text.Length + 1);
        try
        {
            best.AsSpan(0, text.Length + 1).Fill(new LastPiece(0, LastPiece.Unreached, 0));
            var steps = FindBest(text, best);
            var first = pieces.Count;
            for (var end = text.Length; end > 0; end = best[end].Start)
                pieces.Add(new TextPiece(best[end].Id, end - best[end].Start));
            pieces.Reverse(first, pieces.Count - first);
            return steps;
        }
        finally
        {
            ArrayPool<LastPiece>.Shared.Return(best);
        }
    }

    private long FindBest(ReadOnlySpan<byte> text, Span<LastPiece> best)
    {
        var steps = 0L;
        for (int start = 0, length; start < text.Length; start += length)
        {
            length = Utf8Character.Length(text[start..]);
            var scoreSoFar = best[start].Score;
            var isCharacterKnown = false;
            var node = PieceTrie.Root;
            for (var end = start + 1; end <= text.Length; end++)
            {
                steps++;
                node = _model.Pieces.Child(node, text[end - 1]);
                if (node < 0)
                    break;
                var id = _model.Pieces.IdAt(node);
                if (id < 0 || _model.TypeOf(id) == PieceType.Unused)
                    continue;

                // Double here and single for unknown characters, as in the original.
                var score = _model.TypeOf(id) == PieceType.UserDefined
                    ? ((end - start) * _highestScore) - UserDefinedPenalty : _model.Score(id);
                Offer(ref best[end], id, start, score + scoreSoFar);
                isCharacterKnown |= end == start + length;
            }

            if (!isCharacterKnown)
                Offer(ref best[start + length], _model.UnknownId, start, _unknownScore + scoreSoFar);
        }

        return steps;
    }

    private static void Offer(ref LastPiece best, int id, int start, double score)
    {
        if (best.Start == LastPiece.Unreached || score > best.Score)
            best = new LastPiece(id, start, (float)score);
    }

    /// <summary>The last piece of the best division of a text's beginning, where it starts, and the score of all.</summary>
    private readonly record struct LastPiece(int Id, int Start, float Score)
    {
        public const int Unreached = -1;
    }
}
