namespace Speech.Models.SentencePiece;

/// <summary>Text to SentencePiece's ids and back.</summary>
public sealed class SentencePieceProcessor(SentencePieceModel model)
{
    public SentencePieceModel Model { get; } = model;

    public void Encode(ReadOnlySpan<char> text, List<int> ids) => throw new NotImplementedException();

    public string Decode(ReadOnlySpan<int> ids) => throw new NotImplementedException();
}
