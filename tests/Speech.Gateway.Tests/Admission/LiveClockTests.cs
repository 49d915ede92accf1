using Speech.Gateway.Admission;

namespace Speech.Gateway.Tests.Admission;

public class LiveClockTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Who_speaks_is_live_for_ever()
    {
        var clock = new LiveClock(_time);
        for (var i = 0; i < 10_000; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(20));
            clock.Add(0.02);
            clock.IsLive.ShouldBeTrue();
        }
    }

    [Fact]
    public void What_a_network_held_back_for_some_seconds_is_live()
    {
        var clock = new LiveClock(_time);
        for (var i = 0; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(2.9));
            clock.Add(2.9);
            clock.IsLive.ShouldBeTrue();
        }
    }

    [Fact]
    public void A_recording_sent_at_once_is_live_for_the_lead_and_no_longer()
    {
        var clock = new LiveClock(_time);
        clock.Add(3);
        clock.IsLive.ShouldBeTrue();
        clock.Add(0.02);
        clock.IsLive.ShouldBeFalse();
    }

    [Fact]
    public void A_pause_earns_no_more_than_the_lead()
    {
        var clock = new LiveClock(_time);
        _time.Advance(TimeSpan.FromHours(1));
        clock.Add(3.1);
        clock.IsLive.ShouldBeFalse();
    }

    [Fact]
    public void Who_sends_again_what_it_kept_and_then_speaks_is_live_again_after_a_while()
    {
        var clock = new LiveClock(_time);
        clock.Add(20);
        clock.IsLive.ShouldBeFalse();
        var seconds = 0;
        for (; !clock.IsLive && seconds < 1000; seconds++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            clock.Add(1);
        }
        seconds.ShouldBeInRange(60, 80);
    }

    [Fact]
    public void Who_sends_a_little_faster_than_anyone_speaks_is_not_live_for_long()
    {
        var clock = new LiveClock(_time);
        for (var i = 0; i < 60; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            clock.Add(1.5);
        }
        clock.IsLive.ShouldBeFalse();
    }
}
