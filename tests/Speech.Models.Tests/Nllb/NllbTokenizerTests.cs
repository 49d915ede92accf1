using Speech.Contracts.Languages;
using Speech.Languages;
using Speech.Models.Nllb;
using Speech.Models.SentencePiece;
using Speech.Models.Tests.SentencePiece;
using Speech.Tensors;

namespace Speech.Models.Tests.Nllb;

public class NllbTokenizerTests
{
    [Fact]
    public void Tokens_lie_where_fairseq_has_them()
    {
        var tokenizer = NanoNllb.Tokenizer.ShouldBeOfType<NllbTokenizer>();

        (tokenizer.PaddingToken, tokenizer.EndToken, tokenizer.UnknownToken).ShouldBe((1, 2, 3));
        tokenizer.TokenCount.ShouldBe(2604);
        tokenizer.LanguageToken("ace_Arab").ShouldBe(2401);
        tokenizer.LanguageToken("eng_Latn").ShouldBe(2447);
        tokenizer.LanguageToken("fr").ShouldBe(2457);
        tokenizer.LanguageToken("zul_Latn").ShouldBe(2602);
        tokenizer.Encode("", "en").ShouldBe([2447, 2]);
    }

    [Fact]
    public void With_256000_pieces_the_languages_are_where_the_published_model_has_them()
    {
        var writer = new SentencePieceWriter().Add("<s>", 0, PieceType.Control).Add("</s>", 0, PieceType.Control);
        for (var piece = 3; piece < 256_000; piece++)
            writer.Add($"p{piece}", -piece);
        var tokenizer = new NllbTokenizer(SentencePieceModel.Parse(writer.ToArray(), "large.model"));

        tokenizer.LanguageToken("ace_Arab").ShouldBe(256001);
        tokenizer.LanguageToken("eng_Latn").ShouldBe(256047);
        tokenizer.LanguageToken("fra_Latn").ShouldBe(256057);
        tokenizer.LanguageToken("ron_Latn").ShouldBe(256145);
        tokenizer.LanguageToken("zul_Latn").ShouldBe(256202);
        tokenizer.TokenCount.ShouldBe(256204);
        tokenizer.Decode([2, 256057, 4, 256000, 3, 2]).ShouldBe("p3p255999");
    }

    [Fact]
    public void Special_tokens_languages_and_ids_from_nowhere_decode_to_nothing()
    {
        var ids = NanoNllb.Tokenizer.Encode("Where is the station?", "en");

        NanoNllb.Tokenizer.Decode([2, 2457, .. ids, 0, 1, 3, 2603, 2605, -7, int.MaxValue]).ShouldBe("Where is the station?");
        NanoNllb.Tokenizer.Decode([]).ShouldBe("");
    }

    [Fact]
    public void Names_of_special_tokens_are_text_like_any_other()
    {
        NanoNllb.Tokenizer.Encode("</s> fra_Latn <unk>", "en")[1..^1].ShouldAllBe(id => id > 3 && id < 2401 || id == 3);
        NanoNllb.Tokenizer.Decode(NanoNllb.Tokenizer.Encode("fra_Latn", "en")).ShouldContain("fra");
    }

    [Fact]
    public void A_language_it_does_not_have_is_refused_by_name()
    {
        NanoNllb.Tokenizer.FindLanguage("la").ShouldBeNull();
        Should.Throw<ArgumentException>(() => NanoNllb.Tokenizer.Encode("salve", "la")).Message.ShouldContain("'la'");
        Should.Throw<ArgumentException>(() => NanoNllb.Tokenizer.LanguageToken("FRA_Latn"));
    }

    [Fact]
    public void The_languages_are_those_that_clients_may_ask_for()
    {
        NllbTable.Codes.Count.ShouldBe(202);
        foreach (var code in NllbTable.Codes)
            NllbTable.Find(code).ShouldBe(code);

        // Contracts also knows Whisper's own names, which are no ISO codes, and codes that ISO has withdrawn.
        var twoLetters = from first in Enumerable.Range('a', 26)
                         from second in Enumerable.Range('a', 26)
                         select $"{(char)first}{(char)second}";
        foreach (var code in twoLetters.Except(["no", "jw", "iw", "in", "ji", "mo"]))
            NllbTable.Find(code).ShouldBe(TranslationLanguages.ToNllbCode(code), code);
        NllbTable.IsoCode("zho_Hant").ShouldBe("zh");
        NllbTable.IsoCode("ace_Arab").ShouldBeNull();
        NllbTable.IsoCode("fr").ShouldBeNull();
    }

    [Fact]
    public void A_model_that_does_not_begin_as_fairseq_expects_is_refused()
    {
        var shifted = new SentencePieceWriter(withUnknown: false).Add("<pad>", 0, PieceType.Control).Add("</s>", 0, PieceType.Control)
            .Add("<unk>", 0, PieceType.Unknown).Add("a");
        Should.Throw<ModelFileException>(() => new NllbTokenizer(SentencePieceModel.Parse(shifted.ToArray(), "t5.model"))).Message
            .ShouldContain("another model");
        Should.Throw<ModelFileException>(() => new NllbTokenizer(
            SentencePieceModel.Parse(new SentencePieceWriter().ToArray(), "t5.model")));
    }

    [Fact]
    public void A_folder_without_a_model_is_refused_with_the_missing_file_s_name()
    {
        using var folder = new TemporaryFolder();

        Should.Throw<ModelFileException>(() => TranslationTokenizer.Load(folder.Path)).Path
            .ShouldBe(folder.File("sentencepiece.bpe.model"));
        Should.Throw<ModelFileException>(() => TranslationTokenizer.Load(folder.File("nowhere")));
    }
}
