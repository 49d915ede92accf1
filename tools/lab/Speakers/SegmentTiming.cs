using System.Globalization;
using Speech.Audio.Segmentation;

namespace Speech.Lab.Speakers;

/// <summary>
/// Which audio makes a gateway complete a segment. A segment's <c>end</c> lies a little behind its last speech, because it keeps a tail;
/// and only after <c>SILENCE_THRESHOLD_SECONDS</c> of silence can anyone know that the speech has ended. Latencies count from either.
/// </summary>
internal readonly record struct SegmentTiming(double TailSeconds, double SilenceSeconds)
{
    /// <summary>As a gateway has it that runs in our environment.</summary>
    public static SegmentTiming OfEnvironment()
    {
        var defaults = new SegmenterOptions();
        var text = Environment.GetEnvironmentVariable("SILENCE_THRESHOLD_SECONDS");
        var silence = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            ? seconds : defaults.SilenceSeconds;
        return new SegmentTiming(Math.Min(defaults.TailSeconds, silence), silence);
    }

    /// <summary>What makes a gateway keep to this, whatever its default is.</summary>
    public string Setting => string.Create(CultureInfo.InvariantCulture, $"SILENCE_THRESHOLD_SECONDS={SilenceSeconds}");

    /// <summary>Where the speech of a segment ended, in seconds of the stream.</summary>
    public double SpeechEnd(double segmentEnd) => segmentEnd - TailSeconds;

    /// <summary>The audio that completes a segment; a stream that ends earlier completes it by its end.</summary>
    public double Decided(double segmentEnd, double streamSeconds)
    {
        // The detector judges windows, and silence is a whole number of them.
        const double Window = Segmenter.WindowSamples / (double)Audio.AudioRate.Model;
        return Math.Min(SpeechEnd(segmentEnd) + Math.Ceiling(SilenceSeconds / Window) * Window, streamSeconds);
    }
}
