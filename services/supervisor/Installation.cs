namespace Speech.Supervisor;

/// <summary>
/// Where things are. In a checkout, programs lie side by side under artifacts/bin/NAME/release/NAME; elsewhere (a container, a package)
/// SPEECH_BIN names the folder that holds them, as NAME/release/NAME, NAME/NAME or just NAME.
/// </summary>
internal static class Installation
{
    public static string Home()
    {
        if (Environment.GetEnvironmentVariable("SPEECH_HOME") is { Length: > 0 } home)
            return Path.GetFullPath(home);
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "infra", "redis.conf")))
                return folder.FullName;
        throw new SupervisorException(
            $"No folder above {AppContext.BaseDirectory} has infra/redis.conf: set SPEECH_HOME to the folder of Speech.");
    }

    public static string Program(string name)
    {
        var folder = Environment.GetEnvironmentVariable("SPEECH_BIN") is { Length: > 0 } bin
            ? Path.GetFullPath(bin)
            : Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", ".."));
        string[] places = [Path.Combine(folder, name, "release", name), Path.Combine(folder, name, name), Path.Combine(folder, name)];
        return places.FirstOrDefault(File.Exists) ?? throw new SupervisorException(
            $"{name} is not built: looked for {string.Join(", ", places)}. Build it (./speech does), or set SPEECH_BIN to the folder that has it.");
    }

    /// <summary>A program on PATH, or null.</summary>
    public static string? OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);

    /// <summary>The root of the .NET installation that runs us: our children run on the same one, wherever it was unpacked.</summary>
    public static string DotnetRoot() =>
        Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
}
