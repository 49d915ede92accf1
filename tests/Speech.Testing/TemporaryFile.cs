namespace Speech.Testing;

/// <summary>A path in the system's temporary folder; the file there, if any, goes when this does.</summary>
public sealed class TemporaryFile : IDisposable
{
    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"speech-{Guid.NewGuid():n}");

    public void Dispose() => File.Delete(Path);
}
