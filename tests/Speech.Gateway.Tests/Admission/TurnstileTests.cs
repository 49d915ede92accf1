using Speech.Gateway.Admission;

namespace Speech.Gateway.Tests.Admission;

public class TurnstileTests
{
    private readonly Turnstile _turnstile = new();

    [Fact]
    public void The_first_passes_at_once_and_the_others_in_the_order_of_coming()
    {
        var places = Enumerable.Range(0, 4).Select(_ => _turnstile.Join()).ToArray();
        for (var i = 0; i < places.Length; i++)
        {
            places.Select(place => place.Turn.IsCompleted).ShouldBe(Enumerable.Range(0, places.Length).Select(j => j <= i));
            places[i].Dispose();
        }
        _turnstile.Waiting.ShouldBe(0);
    }

    [Fact]
    public void Who_has_passed_stands_behind_all_who_wait()
    {
        var first = _turnstile.Join();
        var second = _turnstile.Join();
        first.Dispose();
        using var again = _turnstile.Join();
        second.Turn.IsCompleted.ShouldBeTrue();
        again.Turn.IsCompleted.ShouldBeFalse();
        second.Dispose();
        again.Turn.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public void Who_gives_up_is_passed_over()
    {
        var first = _turnstile.Join();
        var second = _turnstile.Join();
        using var third = _turnstile.Join();
        second.Dispose();
        third.Turn.IsCompleted.ShouldBeFalse();
        first.Dispose();
        third.Turn.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public void Leaving_twice_changes_nothing()
    {
        var first = _turnstile.Join();
        using var second = _turnstile.Join();
        using var third = _turnstile.Join();
        first.Dispose();
        first.Dispose();
        second.Turn.IsCompleted.ShouldBeTrue();
        third.Turn.IsCompleted.ShouldBeFalse();
        _turnstile.Waiting.ShouldBe(2);
    }

    [Fact]
    public async Task Many_who_come_at_once_pass_one_at_a_time_and_equally_often()
    {
        var inside = 0;
        var passed = new int[20];
        await Task.WhenAll(Enumerable.Range(0, passed.Length).Select(who => Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                using var place = _turnstile.Join();
                await place.Turn;
                Interlocked.Increment(ref inside).ShouldBe(1);
                passed[who]++;
                Interlocked.Decrement(ref inside);
            }
        })));
        passed.ShouldAllBe(count => count == 50);
        _turnstile.Waiting.ShouldBe(0);
    }
}
