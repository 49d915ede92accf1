namespace Speech.TranslationWorker.Engine;

internal static class Scripts
{
    private static readonly string[] WithoutSpaces = ["Hans", "Hant", "Jpan", "Thai", "Laoo", "Khmr", "Mymr", "Tibt"];

    /// <summary>Whether a language, given by NLLB's code such as fra_Latn, is written with spaces between words.</summary>
    public static bool HasSpaces(string nllbCode) => !WithoutSpaces.Contains(nllbCode[(nllbCode.IndexOf('_') + 1)..]);
}
