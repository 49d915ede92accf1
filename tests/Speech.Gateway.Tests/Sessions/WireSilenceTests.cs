using Speech.Gateway.Sessions;

namespace Speech.Gateway.Tests.Sessions;

public sealed class WireSilenceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Tick = Patience / 8;

    private readonly ManualTime _time = new();
    private int _calls;

    [Fact]
    public async Task It_calls_once_when_no_audio_came_for_so_long_and_again_only_after_more()
    {
        await using var silence = Create();
        for (var round = 1; round <= 3; round++)
        {
            silence.Hear();
            _time.Advance(Patience);
            _calls.ShouldBe(round - 1);
            _time.Advance(Tick);
            _calls.ShouldBe(round);
            _time.Advance(10 * Patience);
            _calls.ShouldBe(round);
        }
    }

    [Fact]
    public async Task Before_the_first_audio_nothing_is_counted()
    {
        await using var silence = Create();
        _time.Advance(10 * Patience);
        _calls.ShouldBe(0);
    }

    [Fact]
    public async Task A_client_that_is_not_read_from_is_not_silent()
    {
        await using var silence = Create();
        silence.Hear();
        silence.Pause();
        _time.Advance(100 * Patience);
        silence.Resume();
        _time.Advance(Patience);
        _calls.ShouldBe(0);
        _time.Advance(Tick);
        _calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_message_that_is_no_audio_does_not_begin_the_count_anew()
    {
        await using var silence = Create();
        silence.Hear();
        for (var i = 0; i < 9; i++)
        {
            silence.Pause();
            silence.Resume();
            _time.Advance(Tick);
        }
        _calls.ShouldBe(1);
    }

    [Fact]
    public async Task After_the_end_of_the_connection_it_is_quiet()
    {
        await using var silence = Create();
        silence.Hear();
        _time.Advance(Patience / 2);
        silence.Stop();
        silence.Hear();
        _time.Advance(10 * Patience);
        _calls.ShouldBe(0);
        silence.IsSilent.ShouldBeFalse();
    }

    [Fact]
    public async Task A_wire_on_which_nothing_moves_is_waited_for_longer_unless_another_message_shows_that_the_client_is_there()
    {
        await using var silence = new WireSilence(Patience, 3 * Patience, _time, () => _calls++);
        silence.Hear();
        silence.HearOther(); // so soon after audio, it tells nothing of what comes later
        _time.Advance(3 * Patience);
        _calls.ShouldBe(0);
        _time.Advance(Tick);
        _calls.ShouldBe(1);

        silence.Hear();
        _time.Advance(Patience);
        silence.HearOther();
        _calls.ShouldBe(1);
        _time.Advance(Tick);
        _calls.ShouldBe(2);

        silence.Hear();
        _time.Advance(2 * Patience);
        _calls.ShouldBe(2);
    }

    private WireSilence Create() => new(Patience, Patience, _time, () => _calls++);
}
