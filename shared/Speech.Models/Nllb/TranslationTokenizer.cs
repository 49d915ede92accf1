using Speech.Tensors;

namespace Speech.Models.Nllb;

/// <summary>Loads the tokenizer of a model's folder as Hugging Face publishes them.</summary>
public static class TranslationTokenizer
{
    internal const string SentencePieceFile = "sentencepiece.bpe.model";
    internal const string VocabularyFile = "vocab.json";

    /// <summary>M2M100's, when the folder has a <c>vocab.json</c>, else NLLB's; both read <c>sentencepiece.bpe.model</c>.</summary>
    /// <exception cref="ModelFileException">A file is missing, damaged or of another model.</exception>
    public static ITranslationTokenizer Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return File.Exists(Path.Combine(folder, VocabularyFile)) ? M2M100Tokenizer.Load(folder) : NllbTokenizer.Load(folder);
    }
}
