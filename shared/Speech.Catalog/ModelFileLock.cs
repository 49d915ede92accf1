namespace Speech.Catalog;

/// <summary>
/// Held while a model's file is being made, so that two workers don't download it twice: an open file that nobody else can open. The system
/// releases it when its process ends, however that ends. The empty file stays: removing it would let a third process lock a new file of
/// this name while a second one waits for the old.
/// </summary>
internal static class ModelFileLock
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>Brings a model into a folder, which is created if need be, while nobody else does.</summary>
    /// <param name="path">The lock's, in that folder.</param>
    /// <param name="model">For messages.</param>
    /// <param name="bytes">Of the model; null while unknown.</param>
    /// <param name="progress">Told once if another process holds the lock.</param>
    /// <param name="bring">Done while the lock is held; whoever held it before may have brought the model.</param>
    /// <exception cref="ModelDownloadException">It cannot be had, or not be stored.</exception>
    public static async Task WhileHeldAsync(
        string path,
        string model,
        long? bytes,
        IProgress<ModelDownloadProgress>? progress,
        Func<Task> bring,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var folder = Path.GetDirectoryName(path)!;
        try
        {
            Directory.CreateDirectory(folder);
            using var held = await AcquireAsync(
                path, () => progress?.Report(new ModelDownloadProgress(model, ModelDownloadStage.Waiting, 0, bytes)), time,
                cancellationToken);
            await bring();
        }
        catch (Exception e) when (e is UnauthorizedAccessException or (IOException and not ModelDownloadException))
        {
            throw new ModelDownloadException(
                $"{model} cannot be stored in {folder}: {e.Message} Set MODEL_DIR to a folder that can be written.", e);
        }
    }

    /// <param name="waiting">Called once if another process holds the lock.</param>
    private static async Task<FileStream> AcquireAsync(string path, Action waiting, TimeProvider time, CancellationToken cancellationToken)
    {
        for (var waits = 0; ; waits++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            }
            catch (IOException e) when (IsHeldByAnother(e))
            {
                if (waits == 0)
                    waiting();
                await Task.Delay(PollInterval * (0.5 + Random.Shared.NextDouble()), time, cancellationToken);
            }
        }
    }

    /// <summary>EWOULDBLOCK of Linux or macOS, or Windows' sharing violation.</summary>
    private static bool IsHeldByAnother(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020);
}
