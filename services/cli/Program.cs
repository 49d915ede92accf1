using System.CommandLine;
using System.CommandLine.Help;
using Speech.Cli;
using Speech.Cli.Bench;
using Speech.Cli.Chaos;
using Speech.Cli.Dead;
using Speech.Cli.Decode;
using Speech.Cli.Demo;
using Speech.Cli.Models;
using Speech.Cli.Transcribe;
using Speech.Cli.Translate;

Terminal.Guard();
Interruption.Watch();

// No RootCommand: that one calls itself by the program's file, and people call this one by ./speech.
var commands = new Command("speech", "Speech: transcribes recordings, shows itself off, measures itself, and fetches models.")
{
    new HelpOption(),
    new VersionOption(),
    TranscribeCommand.Create(),
    DecodeCommand.Create(),
    TranslateCommand.Create(),
    DemoCommand.Create(),
    ModelsCommand.Create(),
    DeadCommand.Create(),
    BenchCommand.Create(),
    ChaosCommand.Create(),
};
return await CommandLine.RunAsync(commands, args);
