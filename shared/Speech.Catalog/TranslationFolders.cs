using Speech.Tensors;
using Speech.Tensors.Files;

namespace Speech.Catalog;

/// <summary>
/// Brings the files of one translation model into its folder, the small ones first and the weights last, so that a folder with weights is
/// whole. Each file is downloaded as a Whisper model's is: resumed, verified, renamed when it is whole. One process at a time fills a
/// folder.
/// </summary>
internal sealed class TranslationFolders(ModelStoreOptions options, ModelDownloader downloader, TimeProvider time)
{
    private const string LockFile = ".lock";

    /// <exception cref="ModelDownloadException">It cannot be had, or not be stored.</exception>
    public Task DownloadAsync(
        TranslationCatalogEntry entry, string folder, IProgress<ModelDownloadProgress>? progress, CancellationToken cancellationToken)
    {
        return ModelFileLock.WhileHeldAsync(
            Path.Combine(folder, LockFile), entry.Name, bytes: null, progress, BringAllAsync, time, cancellationToken);

        async Task BringAllAsync()
        {
            if (TranslationCatalog.IsWhole(entry, folder))
                return;
            foreach (var file in entry.RequiredFiles)
                await BringAsync(entry, folder, file, progress, cancellationToken);
            foreach (var file in TranslationCatalogEntry.OptionalFiles)
                await TryBringAsync(entry, folder, file, progress, cancellationToken);
            await BringWeightsAsync(entry, folder, progress, cancellationToken);
        }
    }

    private async Task BringWeightsAsync(
        TranslationCatalogEntry entry, string folder, IProgress<ModelDownloadProgress>? progress, CancellationToken cancellationToken)
    {
        foreach (var file in WeightFile.FileNames)
        {
            if (!await TryBringAsync(entry, folder, file, progress, cancellationToken))
                continue;
            if (file.EndsWith(ShardIndex.Extension, StringComparison.Ordinal))
            {
                foreach (var shard in ShardsOf(entry, Path.Combine(folder, file)))
                    await BringAsync(entry, folder, shard, progress, cancellationToken);
            }

            return;
        }

        throw new ModelDownloadException(
            $"{ModelUrl.Display(Url(entry, WeightFile.FileNames[0]))} is not there, nor is any of {string.Join(", ", WeightFile.FileNames.Skip(1))}: " +
            "the repository has no weights that Speech reads.");
    }

    private static IReadOnlyList<string> ShardsOf(TranslationCatalogEntry entry, string index)
    {
        try
        {
            return ShardIndex.Files(index);
        }
        catch (ModelFileException e)
        {
            // It was what the server has, so keeping it would not help the next attempt.
            File.Delete(index);
            throw new ModelDownloadException($"What was downloaded for {entry.Name} is not usable: {e.Message}", e);
        }
    }

    private async Task<bool> TryBringAsync(
        TranslationCatalogEntry entry, string folder, string file, IProgress<ModelDownloadProgress>? progress,
        CancellationToken cancellationToken)
    {
        try
        {
            await BringAsync(entry, folder, file, progress, cancellationToken);
            return true;
        }
        catch (ModelDownloadException e) when (e.IsMissing)
        {
            return false;
        }
    }

    private async Task BringAsync(
        TranslationCatalogEntry entry, string folder, string file, IProgress<ModelDownloadProgress>? progress,
        CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, file);
        if (File.Exists(path))
            return;
        var source = new ModelSource(Url(entry, file), path, Bytes: null,
            entry.Sha256.GetValueOrDefault(file))
        { Token = options.IsMirrored ? null : options.HubToken };
        await downloader.DownloadAsync(source, progress, cancellationToken);
    }

    private Uri Url(TranslationCatalogEntry entry, string file) =>
        options.IsMirrored
            ? ModelUrl.Below(options.BaseUrl, entry.Name, file)
            : ModelUrl.Below(options.HubUrl, TranslationCatalog.Organisation, entry.Name, "resolve", entry.Revision, file);
}
