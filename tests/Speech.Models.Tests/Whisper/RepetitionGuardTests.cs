using Speech.Models.Whisper.Decoding;

namespace Speech.Models.Tests.Whisper;

public class RepetitionGuardTests
{
    [Theory]
    [InlineData(1, 25)]
    [InlineData(2, 12)]
    [InlineData(7, 6)]
    [InlineData(16, 5)]
    public void A_loop_is_cut_to_its_first_round(int phrase, int rounds)
    {
        int[] tokens = [1, 2, 3, .. Enumerable.Repeat(Enumerable.Range(100, phrase), rounds).SelectMany(round => round)];
        RepetitionGuard.FindLoop(tokens, seconds: 30).ShouldBe(3 + phrase);
    }

    [Fact]
    public void A_loop_that_is_broken_off_in_mid_round_is_one_too() =>
        RepetitionGuard.FindLoop([.. Enumerable.Repeat((int[])[1, 2, 3], 8).SelectMany(round => round), 1, 2], seconds: 30).ShouldBe(3);

    [Theory]
    [InlineData(10)]
    [InlineData(19)]
    public void A_telephone_number_of_equal_digits_is_no_loop(int digits) =>
        RepetitionGuard.FindLoop([.. Enumerable.Repeat(530, digits)], seconds: 30).ShouldBeNull();

    [Theory]
    [InlineData(1, 12)]
    [InlineData(2, 6)]
    [InlineData(4, 3)]
    [InlineData(12, 3)]
    public void Few_rounds_are_a_loop_where_the_sound_is_too_short_for_them(int phrase, int rounds)
    {
        int[] tokens =
            [.. Enumerable.Range(200, 6), .. Enumerable.Repeat(Enumerable.Range(100, phrase), rounds).SelectMany(round => round)];
        RepetitionGuard.FindLoop(tokens, seconds: 0.5).ShouldBe(6 + phrase);
        RepetitionGuard.FindLoop(tokens, seconds: 6).ShouldBeNull("people do repeat themselves");
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 2)]
    [InlineData(5, 2)]
    [InlineData(16, 2)]
    public void A_repetition_is_noticed_wherever_it_is(int phrase, int rounds)
    {
        int[] tokens = [1, 2, .. Enumerable.Repeat(Enumerable.Range(100, phrase), rounds).SelectMany(round => round), 3, 4, 5];
        RepetitionGuard.HasRepeats(tokens).ShouldBeTrue();
    }

    [Theory]
    [InlineData(new int[] { })]
    [InlineData(new[] { 7 })]
    [InlineData(new[] { 7, 7 })]
    [InlineData(new[] { 1, 7, 7, 2, 2, 1, 7 })]
    public void A_word_said_twice_is_no_repetition(int[] tokens) => RepetitionGuard.HasRepeats(tokens).ShouldBeFalse();

    [Fact]
    public void Ordinary_text_is_no_loop() =>
        RepetitionGuard.FindLoop([.. Enumerable.Range(0, 200).Select(i => i * i % 31)], seconds: 1).ShouldBeNull();
}
