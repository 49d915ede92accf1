using System.CommandLine;
using Speech.Cli;
using Speech.Cli.Bench;
using Speech.Cli.Decode;
using Speech.Cli.Demo;
using Speech.Cli.Transcribe;

var commands = new RootCommand("Speech: transcribes recordings, shows itself off, and measures itself.")
{
    TranscribeCommand.Create(),
    DecodeCommand.Create(),
    DemoCommand.Create(),
    BenchCommand.Create(),
};
var parsed = commands.Parse(args);

// Ctrl-C and SIGTERM cancel the command, which then stops what it started, however long that takes.
var exitCode = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(60) });
return parsed.Errors.Count > 0 ? ExitCodes.Usage : exitCode;
