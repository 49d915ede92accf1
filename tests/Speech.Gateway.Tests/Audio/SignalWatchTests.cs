using Speech.Gateway.Audio;
using Speech.Gateway.Tests.Support;

namespace Speech.Gateway.Tests.Audio;

public sealed class SignalWatchTests
{
    private readonly Random _random = new(1);

    [Fact]
    public void Zeros_are_told_of_once()
    {
        var watch = new SignalWatch();
        Hear(watch, seconds: 9, amplitude: 0).ShouldBeEmpty();
        Hear(watch, seconds: 1, amplitude: 0.0001f).ShouldBeEmpty();
        Hear(watch, seconds: 9, amplitude: 0).ShouldBeEmpty();
        Hear(watch, seconds: 2, amplitude: 0).ShouldBe(["audio_silent"]);
        Hear(watch, seconds: 200, amplitude: 0).ShouldBeEmpty();
    }

    [Fact]
    public void A_loud_minute_without_speech_is_told_of_once_a_minute()
    {
        var watch = new SignalWatch();
        Hear(watch, seconds: 59, amplitude: 0.3f).ShouldBeEmpty();
        Hear(watch, seconds: 2, amplitude: 0.3f).ShouldBe(["no_speech"]);
        Hear(watch, seconds: 180, amplitude: 0.3f).Count.ShouldBeInRange(2, 3);
    }

    [Fact]
    public void A_quiet_room_and_a_minute_with_a_word_in_it_are_as_they_should_be()
    {
        var watch = new SignalWatch();
        Hear(watch, seconds: 130, amplitude: 0.002f).ShouldBeEmpty();
        for (var i = 0; i < 10; i++)
        {
            Hear(watch, seconds: 20, amplitude: 0.3f).ShouldBeEmpty();
            watch.Hear(new float[512], isSpeech: true);
        }
    }

    [Fact]
    public void An_offset_is_no_sound_and_is_told_of_once()
    {
        var watch = new SignalWatch();
        Hear(watch, seconds: 9, amplitude: 0, offset: -0.4f).ShouldBeEmpty();
        Hear(watch, seconds: 9, amplitude: 0, offset: 0.4f).ShouldBeEmpty();
        Hear(watch, seconds: 60, amplitude: 0, offset: 0.05f).ShouldBeEmpty();
        Hear(watch, seconds: 12, amplitude: 0.001f, offset: -0.4f).ShouldBe(["audio_offset"]);
        Hear(watch, seconds: 120, amplitude: 0, offset: -0.4f).ShouldBeEmpty();
    }

    [Fact]
    public void Speech_has_no_offset()
    {
        var watch = new SignalWatch();
        foreach (var window in TestAudio.Repeat(TestAudio.Jfk, 3).Chunk(512))
            watch.Hear(window, isSpeech: true);
        watch.Pending.ShouldBeNull();
    }

    private List<string> Hear(SignalWatch watch, int seconds, float amplitude, float offset = 0)
    {
        var told = new List<string>();
        var window = new float[512];
        for (var i = 0; i < seconds * 16_000 / 512; i++)
        {
            foreach (ref var sample in window.AsSpan())
                sample = offset + amplitude * (2 * _random.NextSingle() - 1);
            watch.Hear(window, isSpeech: false);
            if (watch.Pending is { } warning)
                told.Add(warning.Code);
            watch.Clear();
        }
        return told;
    }
}
