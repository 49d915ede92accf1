using System.CommandLine;
using System.CommandLine.Help;
using System.Runtime.Versioning;
using Speech.Supervisor;

[assembly: SupportedOSPlatform("linux")]

// No RootCommand: that one calls itself by the program's file, and people call this one by ./speech.
var command = new Command("speech", "Starts, watches, restarts and stops the processes of Speech.")
{
    new HelpOption(),
    UpCommand.Create(),
};
var parsed = command.Parse(args);

// Signals are the supervisor's own business (StopSignals): a stop takes as long as the services need.
var exitCode = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
return parsed.Errors.Count > 0 ? ExitCodes.Usage : exitCode;
