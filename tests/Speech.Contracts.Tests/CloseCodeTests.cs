using System.Text;
using Speech.Contracts.Sessions;
using Speech.Contracts.Text;

namespace Speech.Contracts.Tests;

public class CloseCodeTests
{
    [Fact]
    public void Capacity_timeouts_and_rate_limits_are_worth_another_try() =>
        Enum.GetValues<CloseCode>().Where(code => code.IsRetryable()).Select(code => (int)code).ShouldBe([4000, 4002, 4004, 4006]);

    [Fact]
    public void Every_code_has_a_reason_that_fits()
    {
        foreach (var code in Enum.GetValues<CloseCode>())
            CloseCodeExtensions.FitReason(code.DefaultReason()).ShouldBe(code.DefaultReason());
    }

    [Fact]
    public void A_reason_is_cut_between_characters() => Properties.HoldFor(Messages.Text, text =>
    {
        var reason = string.Concat(Enumerable.Repeat(text, 5));
        var fitted = CloseCodeExtensions.FitReason(reason);
        reason = PlainText.Escape(reason);
        Encoding.UTF8.GetByteCount(fitted).ShouldBeLessThanOrEqualTo(123);
        if (fitted != reason)
        {
            reason.ShouldStartWith(fitted[..^1]);
            Encoding.UTF8.GetByteCount(fitted).ShouldBeGreaterThan(123 - 4);
        }
    });
}
