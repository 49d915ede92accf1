using Spectre.Console;

namespace Speech.Cli;

/// <summary>
/// Where people read: standard output, or standard error where the output is for programs. Texts of others do not steer it.
/// </summary>
internal static class Terminal
{
    /// <summary>Wide enough that a line of a file is never broken.</summary>
    private const int RedirectedWidth = 500;

    private static readonly TextWriter RawOutput = Console.IsOutputRedirected
        ? TextWriter.Synchronized(new StreamWriter(new OutputStream(), new System.Text.UTF8Encoding(false)) { AutoFlush = true })
        : Console.Out;

    private static readonly TextWriter RawErrors = Console.Error;

    /// <summary>To be called before anything is written: from then on what is written to <see cref="Console"/> is plain text.</summary>
    public static void Guard()
    {
        Console.SetOut(new PlainWriter(RawOutput));
        Console.SetError(new PlainWriter(RawErrors));
    }

    public static IAnsiConsole Output() => Create(RawOutput, Console.IsOutputRedirected);

    public static IAnsiConsole Errors() => Create(RawErrors, Console.IsErrorRedirected);

    private static IAnsiConsole Create(TextWriter writer, bool isRedirected)
    {
        var settings = new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) };
        if (isRedirected)
        {
            // Left to itself, Spectre asks only TERM whether it may colour, and that says nothing about a file.
            settings.Ansi = AnsiSupport.No;
            settings.ColorSystem = ColorSystemSupport.NoColors;
            settings.Interactive = InteractionSupport.No;
        }
        var console = AnsiConsole.Create(settings);
        if (isRedirected)
            console.Profile.Width = RedirectedWidth;
        console.Pipeline.Attach(new PlainSegments());
        return console;
    }
}
