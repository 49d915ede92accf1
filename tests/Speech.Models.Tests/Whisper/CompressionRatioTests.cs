using Speech.Models.Whisper.Decoding;

namespace Speech.Models.Tests.Whisper;

public class CompressionRatioTests
{
    [Fact]
    public void Repetition_is_above_the_threshold_and_speech_below_it()
    {
        CompressionRatio.Of(string.Concat(Enumerable.Repeat(" and so on", 20))).ShouldBeGreaterThan(2.4);
        CompressionRatio.Of("And so, my fellow Americans, ask not what your country can do for you; ask what you can do for your country.")
            .ShouldBeInRange(1, 2.4);
        CompressionRatio.Of("").ShouldBe(0);
    }
}
