using System.Diagnostics;

namespace Speech.EndToEnd.Tests.Support;

/// <summary>A program, run to its end.</summary>
internal sealed record ProgramRun(int ExitCode, string Output, string Errors)
{
    public IReadOnlyList<string> Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The program of demo, bench and chaos, for dotnet.</summary>
    public static string Lab { get; } = PathOf("Speech.Lab");

    /// <summary>The command line program, as ./speech starts it.</summary>
    public static Task<ProgramRun> SpeechAsync(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        DotnetAsync("Speech.Cli", arguments, environment);

    /// <summary>The program of demo, bench and chaos, as ./speech starts it.</summary>
    public static Task<ProgramRun> LabAsync(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        DotnetAsync("Speech.Lab", arguments, environment);

    public static async Task<ProgramRun> StartAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? folder = null)
    {
        using var process = Begin(program, arguments, environment, folder);
        using var limit = new CancellationTokenSource(Until.Patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new ProgramRun(process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static Task<ProgramRun> DotnetAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment) =>
        StartAsync("dotnet", [PathOf(program), .. arguments], environment);

    private static string PathOf(string program) =>
        Path.Combine(AppContext.BaseDirectory, "..", "..", program, "release", $"{program}.dll");

    /// <summary>Starts a program and leaves the rest to the caller.</summary>
    public static Process Begin(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? folder = null)
    {
        var start = new ProcessStartInfo(
            program, arguments)
        { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? "" };

        // What the test host's own build system has set would lead another one astray.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
