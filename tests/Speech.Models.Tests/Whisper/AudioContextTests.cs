using Speech.Models.Whisper;

namespace Speech.Models.Tests.Whisper;

public class AudioContextTests
{
    [Theory]
    [InlineData("auto", 16000, true, 128)]
    [InlineData("auto", 16000, false, 1500)]
    [InlineData("auto", 480000, true, 1500)]
    [InlineData("full", 16000, true, 1500)]
    [InlineData("512", 16000, false, 512)]
    [InlineData("512", 320000, false, 1000)]
    [InlineData("1500", 480000, true, 1500)]
    public void Positions_follow_the_setting_and_hold_the_whole_segment(string setting, int samples, bool trained, int expected)
    {
        AudioContext.TryParse(setting, out var context).ShouldBeTrue();
        context.Positions(samples, full: 1500, trained).ShouldBe(expected);
        context.ToString().ShouldBe(setting);
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("0")]
    [InlineData("-3")]
    [InlineData("1501")]
    [InlineData("short")]
    public void Anything_else_is_refused(string? setting) => AudioContext.TryParse(setting, out _).ShouldBeFalse();
}
