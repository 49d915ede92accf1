using Speech.Gateway.Sessions;

namespace Speech.Gateway.Tests.Sessions;

public sealed class IdleWatchTests
{
    private readonly ManualTime _time = new();
    private int _timeouts;

    [Fact]
    public void It_calls_once_when_nothing_came_for_so_long()
    {
        using var watch = Watch();
        Advance(9);
        _timeouts.ShouldBe(0);
        Advance(1);
        _timeouts.ShouldBe(1);
        Advance(100);
        _timeouts.ShouldBe(1);
    }

    [Fact]
    public void Every_frame_begins_the_time_anew()
    {
        using var watch = Watch();
        for (var i = 0; i < 10; i++)
        {
            Advance(9);
            watch.Pause();
            watch.Resume();
        }
        _timeouts.ShouldBe(0);
        Advance(10);
        _timeouts.ShouldBe(1);
    }

    [Fact]
    public void A_client_that_is_held_back_is_not_blamed()
    {
        using var watch = Watch();
        watch.Pause();
        Advance(1000);
        watch.Resume();
        Advance(9);
        _timeouts.ShouldBe(0);
        Advance(11);
        _timeouts.ShouldBe(1);
    }

    [Fact]
    public void After_stop_silence_is_as_it_should_be()
    {
        using var watch = Watch();
        watch.Stop();
        Advance(1000);
        _timeouts.ShouldBe(0);
    }

    private IdleWatch Watch() => new(TimeSpan.FromSeconds(10), _time, () => _timeouts++);

    private void Advance(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));
}
