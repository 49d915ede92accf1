using Speech.Audio.Files;

namespace Speech.Audio.Tests;

/// <summary>Files of the checkout.</summary>
internal static class Recordings
{
    public static string Jfk => Checkout.Path("shared/recordings/jfk/jfk.wav");

    public static string OpusFromOpusenc => Vector("jfk-3s-stereo-48k.opus");

    public static string Vector(string name) => Checkout.Path($"tests/Speech.Audio.Tests/Vectors/{name}");

    public static float[] Speech(double seconds = 11) => AudioFile.Load(Jfk).Samples[..(int)(seconds * AudioRate.Model)];
}
