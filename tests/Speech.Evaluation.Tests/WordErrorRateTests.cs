using FsCheck;
using FsCheck.Fluent;

namespace Speech.Evaluation.Tests;

public sealed class WordErrorRateTests
{
    private static readonly Arbitrary<string[]> Texts = Gen.Elements("a", "b", "c").ArrayOf().ToArbitrary();

    [Theory]
    [InlineData("", "", 0, 0, 0)]
    [InlineData("one two three", "one two three", 0, 0, 0)]
    [InlineData("one two three", "one too three", 1, 0, 0)]
    [InlineData("one two three", "one two two three", 0, 1, 0)]
    [InlineData("one two three", "one three", 0, 0, 1)]
    [InlineData("one two three", "", 0, 0, 3)]
    [InlineData("", "one", 0, 1, 0)]
    [InlineData("P I T T S", "P I T S", 0, 0, 1)]
    [InlineData(" rubout\tG  M ", "rubout G M", 0, 0, 0)]
    [InlineData("a", "A", 1, 0, 0)]
    public void Each_kind_of_error_is_counted(string said, string heard, int substitutions, int insertions, int deletions)
    {
        var errors = WordErrorRate.Of(said, heard);
        errors.ShouldBe(new WordErrorRate(WordAlignment.Words(said).Length, substitutions, insertions, deletions));
    }

    [Fact]
    public void The_rate_is_errors_per_word_said()
    {
        WordErrorRate.Of("one two three four", "one to four five").Rate.ShouldBe(3 / 4.0);
        WordErrorRate.Of("", "").Rate.ShouldBe(0);
        WordErrorRate.Of("", "one").Rate.ShouldBe(1);
        WordErrorRate.Of("one", "two three").Rate.ShouldBe(2);
    }

    [Fact]
    public void Rates_add_up_by_words_not_by_texts()
    {
        var sum = WordErrorRate.Of("one", "two") + WordErrorRate.Of("one two three", "one two three");
        sum.ShouldBe(new WordErrorRate(4, 1, 0, 0));
        sum.ToString().ShouldBe("25.00 % (1 of 4 words: 1 wrong, 0 extra, 0 missing)");
    }

    [Fact]
    public void An_alignment_names_the_words_that_went_wrong() =>
        WordAlignment.Align(["enter", "nine", "one", "six"], ["enter", "five", "six", "six"]).ShouldBe(
        [
            new AlignedWord(WordEdit.Match, "enter", "enter"),
            new AlignedWord(WordEdit.Substitution, "nine", "five"),
            new AlignedWord(WordEdit.Substitution, "one", "six"),
            new AlignedWord(WordEdit.Match, "six", "six"),
        ]);

    [Fact]
    public void Of_equally_short_alignments_the_one_with_most_matches_is_taken() =>
        WordErrorRate.Of("a b", "b c").ShouldBe(new WordErrorRate(2, 0, 1, 1));

    [Fact]
    public void An_alignment_holds_all_words_of_both_texts_in_order() => Prop.ForAll(Texts, Texts, (said, heard) =>
    {
        var alignment = WordAlignment.Align(said, heard);
        alignment.Select(word => word.Reference).OfType<string>().ShouldBe(said);
        alignment.Select(word => word.Hypothesis).OfType<string>().ShouldBe(heard);
        alignment.ShouldAllBe(word => (word.Edit == WordEdit.Match) == (word.Reference == word.Hypothesis));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_number_of_errors_is_the_edit_distance() => Prop.ForAll(Texts, Texts, (said, heard) =>
        WordErrorRate.Of(string.Join(' ', said), string.Join(' ', heard)).Errors == Distance(said, heard)).QuickCheckThrowOnFailure();

    // As defined, without any cleverness but a table.
    private static int Distance(string[] said, string[] heard)
    {
        var distance = new int[said.Length + 1, heard.Length + 1];
        for (var i = 0; i <= said.Length; i++)
        {
            for (var j = 0; j <= heard.Length; j++)
            {
                distance[i, j] = i == 0 ? j : j == 0 ? i : Math.Min(
                    Math.Min(distance[i - 1, j] + 1, distance[i, j - 1] + 1),
                    distance[i - 1, j - 1] + (said[i - 1] == heard[j - 1] ? 0 : 1));
            }
        }

        return distance[said.Length, heard.Length];
    }
}
