using Spectre.Console;
using Speech.Catalog;

namespace Speech.Cli.Models;

/// <summary>Shows a download on standard error: a bar on a terminal, a line now and then elsewhere.</summary>
internal static class PullProgress
{
    public static async Task<T> ShowAsync<T>(Func<IProgress<ModelDownloadProgress>, Task<T>> work)
    {
        if (Console.IsErrorRedirected)
            return await work(new Lines());

        return await Terminal.Errors().Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn(),
                new ProgressBarColumn(),
                new PercentageColumn(),
                new DownloadedColumn(),
                new TransferSpeedColumn(),
                new RemainingTimeColumn())
            .StartAsync(context => work(new Bar(context)));
    }

    private static string Describe(ModelDownloadProgress progress) => progress.Stage switch
    {
        ModelDownloadStage.Waiting => $"{progress.FileName}: another process is downloading it",
        ModelDownloadStage.Resuming => $"{progress.FileName}: reading what is here",
        ModelDownloadStage.Retrying => $"{progress.FileName}: trying again ({progress.Detail})",
        _ => progress.FileName,
    };

    private sealed class Bar(ProgressContext context) : IProgress<ModelDownloadProgress>
    {
        private ProgressTask? _task;

        public void Report(ModelDownloadProgress value)
        {
            _task ??= context.AddTask(Markup.Escape(value.FileName));
            _task.Description = Markup.Escape(Describe(value));
            _task.IsIndeterminate = value.TotalBytes is null;
            _task.MaxValue = value.TotalBytes ?? Math.Max(1, value.Bytes);
            _task.Value = value.Bytes;
        }
    }

    /// <summary>One line per stage, and for every tenth that is done.</summary>
    private sealed class Lines : IProgress<ModelDownloadProgress>
    {
        private string? _last;

        public void Report(ModelDownloadProgress value)
        {
            var tenths = value.TotalBytes is > 0 and var total ? $"{10 * value.Bytes / total * 10} % of {ByteCount.Text(total)}" : null;
            var line = value.Stage == ModelDownloadStage.Downloading && tenths is not null
                ? $"{value.FileName}: {tenths}" : Describe(value);
            if (value.Stage != ModelDownloadStage.Done && line != _last)
                Console.Error.WriteLine(line);
            _last = line;
        }
    }
}
