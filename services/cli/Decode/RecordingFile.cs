using Speech.Audio.Files;
using Speech.Models.Whisper;

namespace Speech.Cli.Decode;

/// <summary>A file that is read twice without being held in memory. What cannot be read twice, a pipe, is copied to the disk first.</summary>
internal sealed class RecordingFile : IDisposable
{
    private const int BufferBytes = 64 * 1024;
    private readonly string _path;
    private readonly FileStream _stream;

    /// <exception cref="IOException">The file cannot be read, or a pipe not be copied.</exception>
    public RecordingFile(string path)
    {
        _path = path;
        _stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes);
        if (_stream.CanSeek)
            return;
        using var pipe = _stream;
        _stream = Copy(pipe);
    }

    /// <summary>What was wrong with it, once it has been read.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>Its samples from the start; a reader opened earlier is done with.</summary>
    public ISampleReader Open()
    {
        _stream.Position = 0;
        return new Samples(this, AudioReader.Open(_stream, _path));
    }

    public void Dispose() => _stream.Dispose();

    private static FileStream Copy(FileStream pipe)
    {
        var copy = new FileStream(
            Path.GetTempFileName(), FileMode.Create, FileAccess.ReadWrite, FileShare.None, BufferBytes, FileOptions.DeleteOnClose);
        try
        {
            pipe.CopyTo(copy);
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    private sealed class Samples(RecordingFile file, AudioReader reader) : ISampleReader
    {
        public int Read(Span<float> samples) => reader.Read(samples);

        public void Dispose()
        {
            file.Warnings = reader.Warnings;
            reader.Dispose();
        }
    }
}
