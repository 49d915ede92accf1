using System.Text;

namespace Speech.Supervisor.Processes;

/// <summary>
/// One child's output in NAME.log. When that file is full, and at the start of each run, it becomes NAME.log.1 and the older one goes: a
/// log takes at most twice its limit. A full disk costs the lines, never the child: output that cannot be written is dropped, and said so.
/// </summary>
internal sealed class RotatingLog(string path, StatusLog status, long maxBytes = RotatingLog.DefaultMaxBytes) : IDisposable
{
    public const long DefaultMaxBytes = 10 * 1024 * 1024;

    private const int TailBytes = 8 * 1024;

    private readonly Lock _lock = new();
    private FileStream? _file;
    private bool _failing;

    public string Path => path;

    /// <param name="output">Plain text, as it may be shown on a terminal: see <see cref="ChildProcess"/>.</param>
    public void Write(ReadOnlySpan<byte> output)
    {
        lock (_lock)
        {
            try
            {
                if (_file is null || _file.Length + output.Length > maxBytes)
                    Rotate();
                _file!.Write(output);
                _failing = false;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                if (!_failing)
                    status.Write($"cannot write {path}, output is lost: {error.Message}");
                _failing = true;
            }
        }
    }

    /// <summary>The last lines, for an error message.</summary>
    public IReadOnlyList<string> Tail(int maxLines)
    {
        lock (_lock)
        {
            if (_file is null)
                return [];
            var count = (int)Math.Min(_file.Length, TailBytes);
            var bytes = new byte[count];
            _file.Seek(-count, SeekOrigin.End);
            _file.ReadExactly(bytes);
            var lines = Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            return [.. lines.TakeLast(maxLines)];
        }
    }

    public void Dispose()
    {
        lock (_lock)
            _file?.Dispose();
    }

    private void Rotate()
    {
        _file?.Dispose();
        _file = null;
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        if (File.Exists(path))
            File.Move(path, path + ".1", overwrite: true);
        _file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }
}
