namespace Speech.Models.SentencePiece;

/// <summary>What a piece is for; the numbers are those of the file.</summary>
public enum PieceType
{
    None = 0,
    Normal = 1,

    /// <summary>The one piece that stands for text that no other piece has.</summary>
    Unknown = 2,

    /// <summary>Has a meaning but no text, such as <c>&lt;/s&gt;</c>.</summary>
    Control = 3,

    /// <summary>Always one piece wherever it occurs, and kept from normalisation.</summary>
    UserDefined = 4,

    /// <summary>Merged through, but never given out.</summary>
    Unused = 5,

    /// <summary>A single byte, named <c>&lt;0x41&gt;</c>, of text that no other piece has.</summary>
    Byte = 6,
}
