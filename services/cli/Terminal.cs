using Spectre.Console;

namespace Speech.Cli;

/// <summary>Where people read: standard output, or standard error where the output is for programs.</summary>
internal static class Terminal
{
    /// <summary>Wide enough that a line of a file is never broken.</summary>
    private const int RedirectedWidth = 500;

    public static IAnsiConsole Output() => Create(Console.Out, Console.IsOutputRedirected);

    public static IAnsiConsole Errors() => Create(Console.Error, Console.IsErrorRedirected);

    private static IAnsiConsole Create(TextWriter writer, bool isRedirected)
    {
        var settings = new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) };
        if (!isRedirected)
            return AnsiConsole.Create(settings);

        // Left to itself, Spectre asks only TERM whether it may colour, and that says nothing about a file.
        settings.Ansi = AnsiSupport.No;
        settings.ColorSystem = ColorSystemSupport.NoColors;
        settings.Interactive = InteractionSupport.No;
        var console = AnsiConsole.Create(settings);
        console.Profile.Width = RedirectedWidth;
        return console;
    }
}
