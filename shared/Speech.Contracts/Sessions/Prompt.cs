using System.Text;

namespace Speech.Contracts.Sessions;

/// <summary>
/// What a client tells the model beforehand: names and terms that may occur, in the style wanted. The model takes it for the end of what
/// was said before, and counts its last two hundred tokens or so.
/// </summary>
public static class Prompt
{
    public const int MaxBytes = 1000;

    /// <summary>For error messages: "… must be 1..1000 bytes of …".</summary>
    public const string Rule = "1..1000 bytes of UTF-8 text without control characters";

    public static bool IsValid(string text) =>
        text.Length is > 0 and <= MaxBytes && Encoding.UTF8.GetByteCount(text) <= MaxBytes && !text.Any(char.IsControl);
}
