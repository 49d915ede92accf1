using System.IO.MemoryMappedFiles;

namespace Speech.Tensors.Files;

/// <summary>A whole file mapped read-only, so that weights are shared between processes by the page cache and loading copies nothing.
/// A file that is cut short while mapped faults the process: replace model files by renaming a new one over them, never in place.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _start;

    private MappedFile(string path, MemoryMappedFile file, long length)
    {
        Path = path;
        Length = length;
        _file = file;
        _view = file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    public string Path { get; }

    public long Length { get; }

    /// <exception cref="ModelFileException">The file is missing, empty or not readable.</exception>
    public static MappedFile Open(string path)
    {
        FileStream? stream = null;
        MemoryMappedFile? file = null;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
            var length = stream.Length;
            if (length == 0)
                throw new ModelFileException(path, "it is empty; download it again.");

            file = MemoryMappedFile.CreateFromFile(
                stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            return new MappedFile(path, file, length);
        }
        catch (Exception e)
        {
            file?.Dispose();
            stream?.Dispose();
            throw e switch
            {
                FileNotFoundException or DirectoryNotFoundException =>
                    new ModelFileException(path, "there is no such file; check the path or download the model.", null, e),
                IOException or UnauthorizedAccessException or NotSupportedException =>
                    new ModelFileException(path, $"it cannot be opened ({e.Message}); check that it is a readable file.", null, e),
                _ => e,
            };
        }
    }

    /// <summary>The bytes at <paramref name="offset"/>; the caller must not use them after <see cref="Dispose"/>.</summary>
    public ReadOnlySpan<byte> Slice(long offset, int count)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - count);
        return new ReadOnlySpan<byte>(_start + offset, count);
    }

    /// <summary>
    /// <paramref name="count"/> elements at the byte <paramref name="offset"/>, aligned or not; also more than 2 GiB of them.
    /// </summary>
    public ReadOnlySpan<T> Elements<T>(long offset, int count)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - ((long)count * sizeof(T)));
        return new ReadOnlySpan<T>(_start + offset, count);
    }

    public void Dispose()
    {
        if (_start is null)
            return;
        _start = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
