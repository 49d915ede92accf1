using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Speech.TranslationWorker.Sentences;

namespace Speech.TranslationWorker.Tests;

public class SentenceSplitterTests
{
    [Theory]
    [InlineData("One. Two? Three! Four", "One.|Two?|Three!|Four")]
    [InlineData("  leading and trailing  ", "leading and trailing")]
    [InlineData("Dr. Smith met Mr. J. R. Jones at 3 p.m. on Jan. 5. They talked.",
        "Dr. Smith met Mr. J. R. Jones at 3 p.m. on Jan. 5. They talked.")]
    [InlineData("He paid 3.50 dollars. She did not.", "He paid 3.50 dollars.|She did not.")]
    [InlineData("We use tools, e.g. hammers. They work.", "We use tools, e.g. hammers.|They work.")]
    [InlineData("See No. 5 there. No. I will not.", "See No. 5 there.|No.|I will not.")]
    [InlineData("Am 3. Mai 1999. Dann kam er z.B. nach Hause.", "Am 3. Mai 1999.|Dann kam er z.B. nach Hause.")]
    [InlineData("So do I. You too.", "So do I.|You too.")]
    [InlineData("\"Stop!\" he said. (Nobody did.) Why?", "\"Stop!\"|he said.|(Nobody did.)|Why?")]
    [InlineData("Well... I see. Wait… what?!", "Well...|I see.|Wait…|what?!")]
    [InlineData("visit example.com today", "visit example.com today")]
    [InlineData("first line\nsecond line", "first line|second line")]
    [InlineData("今天天气很好。你好吗？我很好！", "今天天气很好。|你好吗？|我很好！")]
    [InlineData("「はい。」と言った。", "「はい。」|と言った。")]
    [InlineData("यह एक है। वह दो है।", "यह एक है।|वह दो है।")]
    [InlineData("هل أنت هنا؟ نعم", "هل أنت هنا؟|نعم")]
    [InlineData("Τι κάνεις; Καλά.", "Τι κάνεις;|Καλά.")]
    [InlineData("one; two", "one; two")]
    [InlineData("", "")]
    [InlineData("...", "...")]
    public void Sentences_end_where_people_end_them(string text, string sentences) =>
        string.Join('|', SentenceSplitter.Sentences(text).Select(piece => piece.Text)).ShouldBe(sentences);

    [Fact]
    public void Whatever_the_text_the_pieces_put_together_are_the_text_and_none_is_too_long()
    {
        const int Most = 7;
        var characters = Gen.Elements("ab .!?\n\t。？\"')Iéß😀\ud83d3N".ToCharArray());
        var text = from list in characters.ListOf() select new string([.. list]);
        Prop.ForAll(text.ToArbitrary(), sample =>
        {
            var pieces = SentenceSplitter.Split(sample, Count, Most);
            string.Concat(pieces.Select(piece => piece.Text + piece.After)).ShouldBe(sample.TrimStart());
            pieces.ShouldAllBe(piece => Count(piece.Text) <= Most && piece.Text.Length > 0 && string.IsNullOrWhiteSpace(piece.After));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_long_sentence_is_cut_between_words_into_as_few_pieces_as_hold_it()
    {
        var text = string.Join(' ', Enumerable.Range(1, 20).Select(number => $"word{number}"));
        var pieces = SentenceSplitter.Split(text, WordCount, maximumTokens: 8);
        pieces.Select(piece => piece.Text.Split(' ').Length).ShouldBe([6, 6, 6, 2]);
        static int WordCount(string piece) => piece.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length + 2;
    }

    [Theory]
    [InlineData('a')]
    [InlineData('。')]
    [InlineData('.')]
    [InlineData(' ')]
    [InlineData('"')]
    public void A_megabyte_of_one_character_takes_linear_time(char character)
    {
        var counted = 0L;
        var pieces = SentenceSplitter.Split(new string(character, 1 << 20), piece => Count(piece, ref counted), maximumTokens: 128);
        pieces.Sum(piece => piece.Text.Length).ShouldBe(character == ' ' ? 0 : 1 << 20);
        counted.ShouldBeLessThan(16 << 20);
        static int Count(string piece, ref long counted)
        {
            counted += piece.Length;
            return piece.Length + 2;
        }
    }

    /// <summary>A token a letter, and two around them.</summary>
    private static int Count(string piece) => piece.EnumerateRunes().Count(rune => !Rune.IsWhiteSpace(rune)) + 2;
}
