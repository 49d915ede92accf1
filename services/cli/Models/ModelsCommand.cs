using System.CommandLine;

namespace Speech.Cli.Models;

/// <summary>`models`: the model files here and in the collection.</summary>
internal static class ModelsCommand
{
    public static Command Create() => new("models", "Lists, downloads and verifies Whisper's model files.")
    {
        ListCommand.Create(),
        PullCommand.Create(),
        VerifyCommand.Create(),
    };
}
