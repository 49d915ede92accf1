using Speech.Hosting.Workers;
using Speech.Models.Catalog;

namespace Speech.TranslationWorker;

/// <summary>A download's progress, in the words that every worker has for it.</summary>
internal sealed class DownloadProgress(IProgress<ModelDownload> download) : IProgress<ModelDownloadProgress>
{
    public void Report(ModelDownloadProgress value) =>
        download.Report(new ModelDownload(value.FileName, value.Stage.ToString().ToLowerInvariant(), value.Bytes, value.TotalBytes, value.Detail));
}
