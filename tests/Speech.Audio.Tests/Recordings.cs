using Speech.Audio.Files;

namespace Speech.Audio.Tests;

/// <summary>Files of the checkout, found by walking up to the solution.</summary>
internal static class Recordings
{
    private static readonly string Root = FindRoot();

    public static string Jfk => Path.Combine(Root, "shared", "recordings", "jfk", "jfk.wav");

    public static string OpusFromOpusenc => Vector("jfk-3s-stereo-48k.opus");

    public static string Vector(string name) => Path.Combine(Root, "tests", "Speech.Audio.Tests", "Vectors", name);

    public static float[] Speech(double seconds = 11) => AudioFile.Load(Jfk).Samples[..(int)(seconds * AudioRate.Model)];

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Speech.sln")))
                return folder.FullName;
        }
        throw new DirectoryNotFoundException("Speech.sln is in no folder above the tests.");
    }
}
