using System.CommandLine;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Contracts.Text;
using Speech.Delivery.Dead;

namespace Speech.Cli.Dead;

/// <summary>
/// `dead retry` and `dead drop`: one job after the other; one that has gone meanwhile, or cannot be put back, does not stop the rest.
/// </summary>
internal static class ChangeCommand
{
    public static Command CreateRetry() => Create(
        "retry",
        "Puts jobs back on their streams. Their clients have been told that they failed; what comes of them now reaches them as late results.",
        (dead, job, cancellationToken) => dead.RetryAsync(job, cancellationToken));

    public static Command CreateDrop() => Create(
        "drop",
        "Deletes jobs, audio and all.",
        (dead, job, cancellationToken) => dead.DropAsync(job, cancellationToken));

    private static Command Create(string name, string description, Func<DeadJobs, DeadJob, CancellationToken, Task<DeadJobChange>> change)
    {
        var ids = DeadOptions.Ids();
        var all = DeadOptions.All();
        var redisUrl = DeadOptions.RedisUrl();
        var stream = DeadOptions.Stream();
        var json = Options.Json("One JSON array of {id, stream, outcome}.");
        var command = new Command(name, description) { ids, all, redisUrl, stream, json };
        command.Validators.Add(result =>
        {
            if (result.GetValue(all) == (result.GetValue(ids) is { Length: > 0 }))
                result.AddError($"dead {name} takes ids, or --all.");
        });
        command.SetAction((parsed, cancellationToken) => DeadOptions.RunAsync(
            parsed.GetValue(redisUrl),
            async dead =>
            {
                // All ids are known before the first change: a job that fails again at once is not put back for ever.
                var jobs = await dead.ListAsync(DeadOptions.StreamsOf(parsed.GetValue(stream)!), cancellationToken)
                    .ToListAsync(cancellationToken);
                IReadOnlyList<string> problems = [];
                var selected = parsed.GetValue(all) ? jobs : DeadSelection.Select(jobs, parsed.GetValue(ids)!, out problems);
                return await RunAsync(dead, selected, problems, change, parsed.GetValue(json), cancellationToken);
            },
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        DeadJobs dead,
        IReadOnlyList<DeadJob> jobs,
        IReadOnlyList<string> problems,
        Func<DeadJobs, DeadJob, CancellationToken, Task<DeadJobChange>> change,
        bool json,
        CancellationToken cancellationToken)
    {
        // Nothing is changed unless all that was asked for is clear.
        if (problems.Count > 0)
        {
            await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, problems));
            return ExitCodes.Failed;
        }

        var (outcomes, missed) = (new List<object>(), 0);
        foreach (var job in jobs)
        {
            var (isDone, outcome) = await change(dead, job, cancellationToken);
            if (!isDone)
            {
                missed++;
                await Console.Error.WriteLineAsync($"{job.Id} of {job.Stream} {outcome}.");
                continue;
            }

            outcomes.Add(new { Id = job.Id.ToString(), job.Stream, Outcome = outcome });
            if (!json)
                Console.WriteLine($"{job.Id} (client {PlainText.Escape(job.ClientId ?? "-")}, segment {job.Segment?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "-"}): {outcome}");
        }

        if (json)
            Console.WriteLine(DeadOutput.ToJson(outcomes));
        else if (jobs.Count == 0)
            Console.WriteLine("No job has been given up.");
        return missed == 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }
}
