using System.CommandLine;

namespace Speech.Cli.Dead;

/// <summary>`dead`: the jobs that workers have given up.</summary>
internal static class DeadCommand
{
    public static Command Create() => new("dead", "Shows the jobs that workers have given up, puts them back, or deletes them.")
    {
        ListCommand.Create(),
        ShowCommand.Create(),
        ChangeCommand.CreateRetry(),
        ChangeCommand.CreateDrop(),
    };
}
