using System.Text;
using Speech.Tensors;

namespace Speech.Models.SentencePiece;

/// <summary>A SentencePiece model file: its pieces and how it prepares and divides text. See <see cref="SentencePieceProcessor"/> for using it.</summary>
public sealed class SentencePieceModel
{
    public string Path { get; } = "";

    public int Count { get; }

    public int UnknownId { get; }

    public PieceType TypeOf(int id) => throw new NotImplementedException();

    public static SentencePieceModel Load(string path) => throw new NotImplementedException();
}
