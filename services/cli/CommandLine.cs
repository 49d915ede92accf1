using System.CommandLine;
using Speech.CommandLine;
using Speech.Contracts.Server;
using Speech.Contracts.Text;

namespace Speech.Cli;

/// <summary>
/// Runs what a command line asks for, and turns whatever comes of it into an exit code and at most a few lines on standard error.
/// </summary>
internal static class CommandLine
{
    /// <param name="commands">All there are.</param>
    /// <returns>See <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(Command commands, string[] args)
    {
        var parsed = commands.Parse(args);
        if (Usage.Problems(parsed) is { Count: > 0 } problems)
        {
            foreach (var problem in problems)
                await Console.Error.WriteLineAsync(PlainText.Escape(problem));
            await Console.Error.WriteLineAsync($"./{Usage.Path(parsed.CommandResult)} --help tells what there is.");
            return ExitCodes.Usage;
        }

        try
        {
            // Signals are our own business (Interruption).
            var exitCode = await parsed.InvokeAsync(
                new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false },
                Interruption.Asked);
            return Interruption.ExitCode ?? exitCode;
        }
        catch (OperationCanceledException) when (Interruption.ExitCode is not null)
        {
            return Interruption.ExitCode.Value;
        }
        catch (Exception e) when (Find<OutputException>(e) is { } output)
        {
            if (output.IsClosed)
                return Interruption.ExitCode ?? ExitCodes.OutputClosed;
            await Console.Error.WriteLineAsync(output.Message);
            return ExitCodes.Failed;
        }
    }

    private static T? Find<T>(Exception error) where T : Exception => error switch
    {
        T found => found,
        AggregateException many => many.Flatten().InnerExceptions.OfType<T>().FirstOrDefault(),
        _ => error.InnerException is { } inner ? Find<T>(inner) : null,
    };
}
