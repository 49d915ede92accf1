using System.Globalization;
using Microsoft.Extensions.Logging;
using Speech.Catalog;

namespace Speech.Workers.Model;

/// <summary>Passes on how a model's download goes, and logs its turns, with a line now and then in between.</summary>
internal sealed partial class DownloadReporter(
    Action<ModelDownloadProgress> passOn, TimeProvider time, ILogger logger) : IProgress<ModelDownloadProgress>
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private ModelDownloadStage? _stage;
    private long _logged;

    public void Report(ModelDownloadProgress value)
    {
        passOn(value);
        if (value.Stage == _stage && value.Stage != ModelDownloadStage.Retrying && time.GetElapsedTime(_logged) < Interval)
            return;
        (_stage, _logged) = (value.Stage, time.GetTimestamp());
        switch (value.Stage)
        {
            case ModelDownloadStage.Waiting:
                Log.Waiting(logger, value.FileName);
                break;
            case ModelDownloadStage.Resuming:
                Log.Resuming(logger, value.FileName, Amount(value));
                break;
            case ModelDownloadStage.Retrying:
                Log.Retrying(logger, value.FileName, Amount(value), value.Detail);
                break;
            default:
                Log.Downloading(logger, value.FileName, Amount(value));
                break;
        }
    }

    private static string Amount(ModelDownloadProgress value) => value.TotalBytes is { } total
        ? string.Create(CultureInfo.InvariantCulture, $"{value.Bytes / 1e6:F1} of {total / 1e6:F1} MB")
        : string.Create(CultureInfo.InvariantCulture, $"{value.Bytes / 1e6:F1} MB");

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{File}: waiting for another process that downloads it")]
        public static partial void Waiting(ILogger logger, string file);

        [LoggerMessage(2, LogLevel.Information, "{File}: reading what an earlier download left, {Amount}")]
        public static partial void Resuming(ILogger logger, string file, string amount);

        [LoggerMessage(3, LogLevel.Information, "{File}: downloaded {Amount}")]
        public static partial void Downloading(ILogger logger, string file, string amount);

        [LoggerMessage(4, LogLevel.Warning, "{File}: the download is tried again after {Amount}: {Reason}")]
        public static partial void Retrying(ILogger logger, string file, string amount, string? reason);
    }
}
