using Speech.Gateway.Sessions;

namespace Speech.Gateway.Tests.Sessions;

public sealed class OutstandingSegmentsTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();

    [Fact]
    public async Task There_is_room_below_the_limit_and_again_after_a_result()
    {
        var outstanding = new OutstandingSegments(_time);
        await outstanding.WaitForRoomAsync(0, () => 2, Second, CancellationToken.None);
        await outstanding.WaitForRoomAsync(1, () => 2, Second, CancellationToken.None);
        var third = outstanding.WaitForRoomAsync(2, () => 2, Second, CancellationToken.None).AsTask();
        third.IsCompleted.ShouldBeFalse();
        outstanding.Release(0);
        await third;
    }

    [Fact]
    public async Task A_limit_that_is_raised_is_noticed_without_a_result()
    {
        var outstanding = new OutstandingSegments(_time);
        var limit = 1;
        var waiting = outstanding.WaitForRoomAsync(1, () => limit, Second, CancellationToken.None).AsTask();
        limit = 2;
        waiting.IsCompleted.ShouldBeFalse();
        _time.Advance(Second);
        await waiting;
    }

    [Fact]
    public async Task Patience_counts_from_the_last_result()
    {
        var outstanding = new OutstandingSegments(_time);
        var all = outstanding.WaitForAllAsync(3, 10 * Second, CancellationToken.None);
        _time.Advance(9 * Second);
        outstanding.Release(0);
        await _time.TimerSetAsync(10 * Second);
        _time.Advance(9 * Second);
        outstanding.Release(2); // and so also 1
        (await all).ShouldBeTrue();

        var one = outstanding.WaitForAllAsync(4, 10 * Second, CancellationToken.None);
        _time.Advance(10 * Second);
        (await one).ShouldBeFalse();
    }

    [Fact]
    public void The_greatest_number_is_no_negative_one()
    {
        var outstanding = new OutstandingSegments(_time);
        outstanding.Release(int.MaxValue);
        outstanding.Released.ShouldBe(int.MaxValue);
    }

    [Fact]
    public void An_old_result_takes_nothing_back()
    {
        var outstanding = new OutstandingSegments(_time);
        outstanding.Release(5);
        outstanding.Release(2);
        outstanding.Released.ShouldBe(6);
    }
}
