using Speech.Models.Nllb;
using Speech.Models.SentencePiece;

namespace Speech.Models.Tests.Nllb;

internal static class NanoNllb
{
    public static string Folder { get; } = Checkout.Path("shared/models/nano-nllb");

    public static string SentencePieceFile { get; } = Checkout.Path("shared/models/nano-nllb/sentencepiece.bpe.model");

    public static SentencePieceProcessor SentencePiece { get; } = new(SentencePieceModel.Load(SentencePieceFile));

    public static ITranslationTokenizer Tokenizer { get; } = TranslationTokenizer.Load(Folder);
}
