namespace Speech.Models.Catalog;

/// <summary>
/// Held while a model's file is being made, so that two workers don't download it twice: an open file that nobody else can open. The system
/// releases it when its process ends, however that ends. The empty file stays: removing it would let a third process lock a new file of this
/// name while a second one waits for the old.
/// </summary>
internal sealed class ModelFileLock : IDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    private readonly FileStream _file;

    private ModelFileLock(FileStream file) => _file = file;

    /// <param name="waiting">Called once if another process holds the lock.</param>
    public static async Task<ModelFileLock> AcquireAsync(string path, Action waiting, TimeProvider time, CancellationToken cancellationToken)
    {
        for (var waits = 0; ; waits++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return new ModelFileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
            }
            catch (IOException e) when (IsHeldByAnother(e))
            {
                if (waits == 0)
                    waiting();
                await Task.Delay(PollInterval * (0.5 + Random.Shared.NextDouble()), time, cancellationToken);
            }
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>EWOULDBLOCK of Linux or macOS, or Windows' sharing violation.</summary>
    private static bool IsHeldByAnother(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020);
}
