using System.CommandLine;
using System.Runtime.Versioning;
using Speech.Supervisor;

[assembly: SupportedOSPlatform("linux")]

var command = new RootCommand("Starts, watches, restarts and stops the processes of Speech.") { UpCommand.Create() };
var parsed = command.Parse(args);

// Signals are the supervisor's own business (StopSignals): a stop takes as long as the services need.
var exitCode = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
return parsed.Errors.Count > 0 ? ExitCodes.Usage : exitCode;
