using System.CommandLine;
using System.CommandLine.Help;
using Speech.Cli;
using Speech.Lab.Bench;
using Speech.Lab.Chaos;
using Speech.Lab.Demo;

Terminal.Guard();
Interruption.Watch();

// Called speech, too: people call it by ./speech, which knows whose command it is.
var commands = new Command("speech", "Speech shows itself off, measures itself, and is put to the test.")
{
    new HelpOption(),
    new VersionOption(),
    DemoCommand.Create(),
    BenchCommand.Create(),
    ChaosCommand.Create(),
};
return await CommandLine.RunAsync(commands, args);
