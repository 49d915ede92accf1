using Speech.Gateway.Audio;

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
    public void An_offset_is_no_sound()
    {
        var watch = new SignalWatch();
        for (var i = 0; i < 70 * 32; i++)
            watch.Hear(Enumerable.Repeat(0.4f, 512).ToArray(), isSpeech: false);
        watch.Pending.ShouldBeNull();
    }

    private List<string> Hear(SignalWatch watch, int seconds, float amplitude)
    {
        var told = new List<string>();
        var window = new float[512];
        for (var i = 0; i < seconds * 16_000 / 512; i++)
        {
            foreach (ref var sample in window.AsSpan())
                sample = amplitude * (2 * _random.NextSingle() - 1);
            watch.Hear(window, isSpeech: false);
            if (watch.Pending is { } warning)
                told.Add(warning.Code);
            watch.Clear();
        }
        return told;
    }
}
