using Speech.Contracts.Sessions;

namespace Speech.Contracts.Tests;

public class RetryHintTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(6.2, 7)]
    [InlineData(45, 45)]
    public void A_hint_is_read_back_from_the_reason_that_it_ends(double wait, int seconds)
    {
        var reason = RetryHint.Append("too much to do", TimeSpan.FromSeconds(wait));
        reason.ShouldBe($"too much to do; retry after {seconds} s");
        RetryHint.Find(reason).ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("retry after 5 s or so")]
    [InlineData("retry after -5 s")]
    [InlineData("retry after 99999999999 s")]
    public void Other_reasons_have_none(string? reason) => RetryHint.Find(reason).ShouldBeNull();
}
