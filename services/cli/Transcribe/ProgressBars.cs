using Spectre.Console;

namespace Speech.Cli.Transcribe;

/// <summary>A bar for each file at the bottom of the terminal; what is written to the same console meanwhile appears above.</summary>
internal static class ProgressBars
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Bars beyond this many would fill the screen: then there is one for all files together.</summary>
    private const int MostBars = 8;

    public static Task<int> RunAsync(
        IAnsiConsole console, IReadOnlyList<string> files, Func<IReadOnlyList<FileProgress>, Task<int>> work) =>
        console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                FileProgress[] progress = [.. files.Select(_ => new FileProgress())];
                var bars = files.Count <= MostBars
                    ? progress.Zip(files, (one, file) => (
                        Task: context.AddTask(Markup.Escape(Path.GetFileName(file)), maxValue: 1), Of: (FileProgress[])[one])).ToArray()
                    : [(Task: context.AddTask($"{files.Count} files", maxValue: files.Count), Of: progress)];

                using var finished = new CancellationTokenSource();
                var drawing = DrawAsync(bars, finished.Token);
                try
                {
                    return await work(progress);
                }
                finally
                {
                    await finished.CancelAsync();
                    await drawing;
                }
            });

    private static async Task DrawAsync((ProgressTask Task, FileProgress[] Of)[] bars, CancellationToken finished)
    {
        while (!finished.IsCancellationRequested)
        {
            foreach (var (task, files) in bars)
            {
                task.IsIndeterminate = files.Any(file => file.Fraction is null);
                task.Value = files.Sum(file => file.Fraction ?? 0);
            }
            await Task.Delay(Interval, finished).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
