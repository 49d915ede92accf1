namespace Speech.Models.SentencePiece;

internal static class Utf8Character
{
    /// <summary>The length of the character that a text begins with, as its first byte tells; never more than the text has.</summary>
    public static int Length(ReadOnlySpan<byte> text)
    {
        var length = text[0] switch
        {
            < 0xc0 => 1,
            < 0xe0 => 2,
            < 0xf0 => 3,
            _ => 4,
        };
        return Math.Min(length, text.Length);
    }
}
