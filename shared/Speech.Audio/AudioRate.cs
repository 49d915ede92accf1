namespace Speech.Audio;

/// <summary>Sample rates in Hz.</summary>
public static class AudioRate
{
    /// <summary>What voice-activity detection and Whisper listen to; everything here decodes to it, mono.</summary>
    public const int Model = 16_000;

    public const int Minimum = 1_000;

    public const int Maximum = 384_000;

    /// <exception cref="AudioFormatException">The rate is outside 1 kHz .. 384 kHz.</exception>
    internal static int Require(long sampleRate) => sampleRate is >= Minimum and <= Maximum
        ? (int)sampleRate
        : throw new AudioFormatException($"A sample rate of {sampleRate} Hz is outside {Minimum}..{Maximum} Hz.");
}
