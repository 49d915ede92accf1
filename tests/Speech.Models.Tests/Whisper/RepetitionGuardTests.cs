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
        RepetitionGuard.FindLoop(tokens).ShouldBe(3 + phrase);
    }

    [Fact]
    public void A_loop_that_is_broken_off_in_mid_round_is_one_too() =>
        RepetitionGuard.FindLoop([.. Enumerable.Repeat((int[])[1, 2, 3], 8).SelectMany(round => round), 1, 2]).ShouldBe(3);

    [Theory]
    [InlineData(10)]
    [InlineData(19)]
    public void A_telephone_number_of_equal_digits_is_no_loop(int digits) =>
        RepetitionGuard.FindLoop([.. Enumerable.Repeat(530, digits)]).ShouldBeNull();

    [Fact]
    public void Ordinary_text_is_no_loop() =>
        RepetitionGuard.FindLoop([.. Enumerable.Range(0, 200).Select(i => i * i % 31)]).ShouldBeNull();
}
