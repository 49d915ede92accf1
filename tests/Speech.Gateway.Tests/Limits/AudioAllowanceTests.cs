using Speech.Gateway.Limits;

namespace Speech.Gateway.Tests.Limits;

public sealed class AudioAllowanceTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void A_minutes_worth_may_be_sent_at_once_and_then_as_fast_as_the_rate()
    {
        var allowance = new AudioAllowance(2, _time);
        allowance.TryTake(120).ShouldBeTrue();
        allowance.TryTake(0.02).ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(1));
        allowance.TryTake(2).ShouldBeTrue();
        allowance.TryTake(0.02).ShouldBeFalse();
    }

    [Fact]
    public void What_is_refused_takes_nothing()
    {
        var allowance = new AudioAllowance(1, _time);
        allowance.TryTake(61).ShouldBeFalse();
        allowance.TryTake(60).ShouldBeTrue();
    }

    [Fact]
    public void Silence_saves_up_no_more_than_a_minute()
    {
        var allowance = new AudioAllowance(1, _time);
        _time.Advance(TimeSpan.FromHours(1));
        allowance.TryTake(60).ShouldBeTrue();
        allowance.IsWhole.ShouldBeFalse();
        _time.Advance(TimeSpan.FromMinutes(1));
        allowance.IsWhole.ShouldBeTrue();
    }

    [Fact]
    public void Who_connects_anew_has_no_new_allowance_until_the_old_one_is_whole()
    {
        var allowances = new AudioAllowances(1, _time);
        allowances.Of("ann")!.TryTake(60).ShouldBeTrue();
        for (var other = 0; other < 1000; other++)
            allowances.Of($"{other}");
        allowances.Of("ann")!.TryTake(1).ShouldBeFalse();
        _time.Advance(TimeSpan.FromMinutes(1));
        allowances.Of("ann")!.TryTake(60).ShouldBeTrue();
    }

    [Fact]
    public void Without_a_limit_there_is_none() => new AudioAllowances(0, _time).Of("ann").ShouldBeNull();
}
