using Speech.Hosting.Settings;

namespace Speech.Cli;

/// <summary>
/// Where the files of Speech are: in the checkout that this program was built in, or where SPEECH_HOME and SPEECH_BIN say.
/// </summary>
internal static class Installation
{
    /// <summary>The folder of Speech; the one we are called in when this program lies outside of any.</summary>
    public static string Home() => Find("infra") is { } infra ? Path.GetDirectoryName(infra)! : Environment.CurrentDirectory;

    /// <summary>The settings that the services here have: those of our environment, else those in .env.</summary>
    /// <exception cref="SettingsException">.env cannot be read.</exception>
    public static EnvironmentSettings Settings()
    {
        var settings = EnvironmentSettings.Load([], Path.Combine(Home(), ".env"));
        settings.ThrowIfInvalid();
        return settings;
    }

    /// <summary>A file or folder of Speech by its path in the checkout; null if there is none.</summary>
    public static string? Find(string path) => Roots().Select(root => Path.Combine(root, path)).FirstOrDefault(Path.Exists);

    /// <summary>Another program of Speech, which lies beside this one: NAME/release/NAME, NAME/NAME or just NAME.</summary>
    /// <exception cref="FileNotFoundException">It is not built.</exception>
    public static string Program(string name)
    {
        var folder = Environment.GetEnvironmentVariable("SPEECH_BIN") is { Length: > 0 } bin
            ? Path.GetFullPath(bin)
            : Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", ".."));
        string[] places = [Path.Combine(folder, name, "release", name), Path.Combine(folder, name, name), Path.Combine(folder, name)];
        return places.FirstOrDefault(File.Exists) ?? throw new FileNotFoundException(
            $"{name} is not built: looked for {string.Join(", ", places)}. Build it (./speech does), or set SPEECH_BIN to the folder that has it.");
    }

    /// <summary>
    /// The root of the .NET installation that runs us, for programs that we start: it may be one that is in no usual place.
    /// </summary>
    public static string DotnetRoot() =>
        Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    private static IEnumerable<string> Roots()
    {
        if (Environment.GetEnvironmentVariable("SPEECH_HOME") is { Length: > 0 } home)
            yield return Path.GetFullPath(home);
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            yield return folder.FullName;
    }
}
