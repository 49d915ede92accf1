using System.CommandLine;

namespace Speech.Cli.Models;

/// <summary>`models`: the models here and in the collections.</summary>
internal static class ModelsCommand
{
    public static Command Create() =>
        new("models", "Lists, downloads and verifies models: Whisper's for speech, NLLB-200 and M2M100 for translation.")
    {
        ListCommand.Create(),
        PullCommand.Create(),
        VerifyCommand.Create(),
    };
}
