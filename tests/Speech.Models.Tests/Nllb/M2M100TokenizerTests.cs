using System.Text;
using Speech.Languages;
using Speech.Models.Nllb;
using Speech.Models.SentencePiece;
using Speech.Models.Tests.SentencePiece;
using Speech.Tensors;

namespace Speech.Models.Tests.Nllb;

public class M2M100TokenizerTests
{
    private const string Vocabulary = """{"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "\u2581a": 6, "b": 4, "only here": 5, "a": 7, "\u2581": 8}""";

    [Fact]
    public void Pieces_have_the_vocabulary_s_ids_and_languages_follow_it()
    {
        using var folder = Folder();
        var tokenizer = TranslationTokenizer.Load(folder.Path).ShouldBeOfType<M2M100Tokenizer>();

        (tokenizer.PaddingToken, tokenizer.EndToken, tokenizer.UnknownToken, tokenizer.TokenCount).ShouldBe((1, 2, 3, 109));
        tokenizer.Languages.Count.ShouldBe(100);
        tokenizer.LanguageToken("af").ShouldBe(9);
        tokenizer.LanguageToken("en").ShouldBe(9 + 18);
        tokenizer.LanguageToken("zu").ShouldBe(9 + 99);

        // "c" is a piece that the vocabulary lacks, "z" no piece at all.
        tokenizer.Encode("aab c z", "fr").ShouldBe([tokenizer.LanguageToken("fra_Latn"), 6, 7, 4, 8, 3, 8, 3, 2]);
        tokenizer.Decode([2, tokenizer.LanguageToken("fr"), 6, 7, 4, 8, 3, 5, 6, 2, -1, 500]).ShouldBe("aab  a");
    }

    [Fact]
    public void Languages_are_found_by_its_codes_by_NLLB_s_and_by_ISO_s()
    {
        M2M100Languages.Find("fr").ShouldBe("fr");
        M2M100Languages.Find("fra_Latn").ShouldBe("fr");
        M2M100Languages.Find("zho_Hant").ShouldBe("zh");
        M2M100Languages.Find("nob_Latn").ShouldBe("no");
        M2M100Languages.Find("nb").ShouldBe("no");
        M2M100Languages.Find("nso_Latn").ShouldBe("ns");
        M2M100Languages.Find("ceb_Latn").ShouldBe("ceb");
        M2M100Languages.Find("br").ShouldBe("br");
        M2M100Languages.Find("ace_Arab").ShouldBeNull();
        M2M100Languages.Find("eu").ShouldBeNull();

        // All but Breton and Frisian have an NLLB code by which they are found.
        NllbTable.Codes.Select(M2M100Languages.Find).OfType<string>().Distinct().Order()
            .ShouldBe(M2M100Languages.Codes.Except(["br", "fy"]).Order());
    }

    [Fact]
    public void A_language_it_does_not_have_is_refused_by_name()
    {
        using var folder = Folder();

        Should.Throw<ArgumentException>(() => TranslationTokenizer.Load(folder.Path).LanguageToken("eu")).Message.ShouldContain("'eu'");
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("[]", "not a map")]
    [InlineData("7", "not a map")]
    [InlineData("{", "not JSON")]
    [InlineData("""{"<s>": 0}}""", "not JSON")]
    [InlineData("""{"<s>": "0"}""", "not a map")]
    [InlineData("""{"<s>": 0.5}""", "not a map")]
    [InlineData("""{"<s>": 99999999999}""", "not a map")]
    [InlineData("""{"<s>": 0, "<s>": 1}""", "twice")]
    [InlineData("""{"<s>": 0, "a": 2}""", "expected all of 0..1 once")]
    [InlineData("""{"<s>": 0, "a": -1}""", "expected all of 0..1 once")]
    [InlineData("""{"<s>": 1, "a": 1}""", "expected all of 0..1 once")]
    [InlineData("""{"<s>": 0, "<pad>": 1, "</s>": 2}""", "it has no <unk>")]
    public void A_bad_vocabulary_is_refused_with_what_is_wrong(string vocabulary, string problem)
    {
        using var folder = Folder(vocabulary);

        var exception = Should.Throw<ModelFileException>(() => TranslationTokenizer.Load(folder.Path));

        exception.Path.ShouldBe(folder.File("vocab.json"));
        exception.Message.ShouldContain(problem);
    }

    [Fact]
    public void A_vocabulary_damaged_anywhere_is_refused_or_still_one()
    {
        using var folder = Folder();
        var random = new Random(17);
        for (var i = 0; i < 1000; i++)
        {
            var damaged = Encoding.UTF8.GetBytes(Vocabulary);
            for (var j = random.Next(1, 4); j > 0; j--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(folder.File("vocab.json"), damaged.AsSpan(0, i % 2 == 0 ? damaged.Length : random.Next(1, damaged.Length)));
            try
            {
                var tokenizer = TranslationTokenizer.Load(folder.Path);
                tokenizer.Encode("aab c", "fr").ShouldAllBe(id => id >= 0 && id < tokenizer.TokenCount);
            }
            catch (ModelFileException)
            {
                // Refused.
            }
        }
    }

    [Theory]
    [InlineData("""{"language_codes": "m2m100"}""", null)]
    [InlineData("{}", null)]
    [InlineData("""{"language_codes": "wmt21"}""", "wmt21")]
    [InlineData("""{"language_codes": 7}""", "not a tokenizer's configuration")]
    [InlineData("[]", "not a tokenizer's configuration")]
    [InlineData("{", "not a tokenizer's configuration")]
    public void A_configuration_with_other_languages_is_refused(string configuration, string? problem)
    {
        using var folder = Folder();
        File.WriteAllText(folder.File("tokenizer_config.json"), configuration);

        if (problem is null)
            TranslationTokenizer.Load(folder.Path).ShouldNotBeNull();
        else
            Should.Throw<ModelFileException>(() => TranslationTokenizer.Load(folder.Path)).Message.ShouldContain(problem);
    }

    private static TemporaryFolder Folder(string vocabulary = Vocabulary)
    {
        var folder = new TemporaryFolder();
        var model = new SentencePieceWriter { AddDummyPrefix = true, RemoveExtraWhitespaces = true }
            .Add("<s>", 0, PieceType.Control).Add("</s>", 0, PieceType.Control).Add("▁", -9).Add("a", -9).Add("b", -9).Add("c", -9)
                .Add("▁a", -1);
        File.WriteAllBytes(folder.File("sentencepiece.bpe.model"), model.ToArray());
        File.WriteAllText(folder.File("vocab.json"), vocabulary);
        return folder;
    }
}
