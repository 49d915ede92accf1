using System.CommandLine;
using System.CommandLine.Help;
using System.Runtime.Versioning;
using Speech.CommandLine;
using Speech.Contracts.Text;
using Speech.Supervisor;

[assembly: SupportedOSPlatform("linux")]

// No RootCommand: that one calls itself by the program's file, and people call this one by ./speech.
var command = new Command("speech", "Starts, watches, restarts and stops the processes of Speech.")
{
    new HelpOption(),
    UpCommand.Create(),
};
var parsed = command.Parse(args);

if (Usage.Problems(parsed) is { Count: > 0 } problems)
{
    foreach (var problem in problems)
        await Console.Error.WriteLineAsync(PlainText.Escape(problem));
    await Console.Error.WriteLineAsync($"./{Usage.Path(parsed.CommandResult)} --help tells what there is.");
    return ExitCodes.Usage;
}

// Signals are the supervisor's own business (StopSignals): a stop takes as long as the services need.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
