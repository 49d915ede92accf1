using System.CommandLine;

namespace Speech.Cli.Dead;

/// <summary>`dead list`: what was given up, when and why.</summary>
internal static class ListCommand
{
    private static readonly Option<string?> RedisUrl = DeadOptions.RedisUrl();
    private static readonly Option<string> Stream = DeadOptions.Stream();
    private static readonly Option<bool> Json = Options.Json("One JSON array.");

    public static Command Create()
    {
        var command = new Command("list", "Lists the jobs that were given up, the oldest of each stream first.") { RedisUrl, Stream, Json };
        command.SetAction(RunAsync);
        return command;
    }

    private static Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken) => DeadOptions.RunAsync(
        parsed.GetValue(RedisUrl),
        async dead =>
        {
            var jobs = await dead.ListAsync(DeadOptions.StreamsOf(parsed.GetValue(Stream)!), cancellationToken)
                .ToListAsync(cancellationToken);
            if (parsed.GetValue(Json))
                Console.WriteLine(DeadOutput.ToJson(jobs.Select(DeadOutput.Describe)));
            else if (jobs.Count == 0)
                Console.WriteLine("No job has been given up.");
            else
                DeadOutput.WriteTable(Terminal.Output(), jobs);
            return ExitCodes.Ok;
        },
        cancellationToken);
}
