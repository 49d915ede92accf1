using System.Security.Cryptography;
using System.Text;

namespace Speech.Catalog;

/// <summary>
/// A file that is not whole yet (<c>ggml-tiny.bin.part</c>), its running SHA-256, and, beside it, the ETag of the file on the server that
/// it is the beginning of. The caller holds the model's lock.
/// </summary>
internal sealed class PartialDownload : IDisposable
{
    private const int BufferSize = 1 << 17;
    private const int MaximumTagLength = 1024;

    private readonly string _path;
    private readonly FileStream _file;
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public PartialDownload(string modelPath)
    {
        _path = modelPath + ".part";
        _file = new FileStream(
            _path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        EntityTag = _file.Length > 0 ? ReadTag() : null;
        WasResumed = _file.Length > 0;
    }

    private string TagPath => _path + ".etag";

    public long Length { get; private set; }

    /// <summary>Of the file on the server; null if it gave no strong one.</summary>
    public string? EntityTag { get; private set; }

    /// <summary>Some of it came in more than one piece, so that the pieces may be of different files.</summary>
    public bool WasResumed { get; set; }

    /// <summary>Hashes what an earlier download left.</summary>
    public async Task ReadExistingAsync(Action<long> progress, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
        for (int read; (read = await _file.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            _sha256.AppendData(buffer.AsSpan(0, read));
            Length += read;
            progress(Length);
        }
    }

    public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await _file.WriteAsync(bytes, cancellationToken);
        _sha256.AppendData(bytes.Span);
        Length += bytes.Length;
    }

    /// <summary>Forgets everything; what follows is the beginning of the file with this tag.</summary>
    public async Task StartOverAsync(string? entityTag, CancellationToken cancellationToken)
    {
        _file.SetLength(0);
        _file.Position = 0;
        _sha256.GetHashAndReset();
        Length = 0;
        WasResumed = false;
        EntityTag = entityTag;
        if (entityTag is not null)
            await File.WriteAllTextAsync(TagPath, entityTag, cancellationToken);
        else
            File.Delete(TagPath);
    }

    /// <summary>Lower-case hexadecimal.</summary>
    public string CurrentSha256() => Convert.ToHexStringLower(_sha256.GetCurrentHash());

    /// <summary>
    /// Makes it the model's file: on the disk first, then under its name, so that no crash leaves a file that looks whole.
    /// </summary>
    public void Publish(string modelPath)
    {
        _file.Flush(flushToDisk: true);
        _file.Dispose();
        File.Move(_path, modelPath, overwrite: true);
        File.Delete(TagPath);
    }

    public void Remove()
    {
        _file.Dispose();
        File.Delete(_path);
        File.Delete(TagPath);
    }

    public void Dispose()
    {
        _file.Dispose();
        _sha256.Dispose();
    }

    private string? ReadTag()
    {
        if (!File.Exists(TagPath) || new FileInfo(TagPath).Length is 0 or > MaximumTagLength)
            return null;
        return File.ReadAllText(TagPath, Encoding.UTF8);
    }
}
