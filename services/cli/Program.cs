using System.CommandLine;
using System.CommandLine.Help;
using Speech.Cli;
using Speech.Cli.Dead;
using Speech.Cli.Decode;
using Speech.Cli.Models;
using Speech.Cli.Transcribe;
using Speech.Cli.Translate;

Terminal.Guard();
Interruption.Watch();

// No RootCommand: that one calls itself by the program's file, and people call this one by ./speech.
var commands = new Command("speech", "Speech: transcribes and translates, fetches models, and looks after jobs that were given up.")
{
    new HelpOption(),
    new VersionOption(),
    TranscribeCommand.Create(),
    DecodeCommand.Create(),
    TranslateCommand.Create(),
    ModelsCommand.Create(),
    DeadCommand.Create(),
};
return await CommandLine.RunAsync(commands, args);
