namespace Speech.Models.Nllb;

/// <summary>M2M100's tokenizer.</summary>
public static class M2M100Tokenizer
{
    public static ITranslationTokenizer Load(string folder) => throw new NotImplementedException();
}
