using System.CommandLine;
using Speech.Cli.Bench;
using Speech.Cli.Decode;
return new RootCommand("x") { DecodeCommand.Create(), new Command("bench", "b") { KernelBench.Create(), WhisperBench.Create() } }.Parse(args).Invoke();
