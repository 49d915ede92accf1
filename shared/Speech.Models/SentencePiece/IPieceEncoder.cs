namespace Speech.Models.SentencePiece;

/// <summary>A stretch of prepared text and its piece, or the unknown piece.</summary>
/// <param name="Id">The piece.</param>
/// <param name="Length">In bytes of UTF-8.</param>
internal readonly record struct TextPiece(int Id, int Length);

/// <summary>A way to divide prepared text into pieces.</summary>
internal interface IPieceEncoder
{
    /// <summary>Appends the pieces, which together cover the text.</summary>
    /// <returns>The number of steps taken, most of them from one node of the pieces' trie to the next: what must grow no faster than the
    /// text, whatever it is.</returns>
    long Encode(ReadOnlySpan<byte> text, List<TextPiece> pieces);
}
