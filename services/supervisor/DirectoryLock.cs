namespace Speech.Supervisor;

/// <summary>
/// Holds a folder for one supervisor: two of them on the same Redis files would destroy these. The kernel lets go when we end, however.
/// </summary>
internal static class DirectoryLock
{
    public static IDisposable Take(string directory)
    {
        Directory.CreateDirectory(directory);
        try
        {
            return new FileStream(Path.Combine(directory, "supervisor.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error)
        {
            throw new SupervisorException(
                $"Cannot lock {directory} ({error.Message}): is another supervisor using it? Stop that one, or pass --data-dir DIR.");
        }
    }
}
