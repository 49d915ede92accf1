using Speech.Audio;
using Speech.Audio.Files;

namespace Speech.Cli.Transcribe;

/// <summary>
/// A file's samples, read as they are sent. The last of them are kept, for a server that has not committed them when a connection is lost;
/// what it wants again from before that is read from the file once more.
/// </summary>
internal sealed class FileSamples : RecordedSamples
{
    /// <summary>More than the longest segment and what a server holds before that: 8 MB.</summary>
    private const int Kept = 120 * AudioRate.Model;

    private readonly string _file;
    private readonly AudioFileOptions _options;
    private readonly float[] _kept = new float[Kept];
    private FileStream _stream;
    private AudioReader _reader;

    // Of the samples up to here, the last ones are kept, each at its position modulo the size.
    private long _position;
    private bool _ended;
    private double _fraction;

    public FileSamples(string file, AudioFileOptions options)
    {
        (_file, _options) = (file, options);
        (_stream, _reader) = Open();
    }

    public override IReadOnlyList<string> Warnings => _reader.Warnings;

    public override double? Fraction => Volatile.Read(ref _fraction);

    public override ValueTask<int> ReadAsync(long position, Memory<float> samples, CancellationToken cancellationToken)
    {
        if (position < _position - Kept)
            BeginAgain();
        while (position >= _position && !_ended)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var at = (int)(_position % Kept);
            var read = _reader.Read(_kept.AsSpan(at, Math.Min(Kept - at, 16 * 1024)));
            _position += read;
            _ended = read == 0;
            Volatile.Write(ref _fraction, (double)_stream.Position / Math.Max(1, _stream.Length));
        }

        var from = (int)(position % Kept);
        var count = (int)Math.Clamp(_position - position, 0, Math.Min(samples.Length, Kept - from));
        _kept.AsSpan(from, count).CopyTo(samples.Span);
        return ValueTask.FromResult(count);
    }

    public override void Release(long position)
    {
    }

    public override void Dispose()
    {
        _reader.Dispose();
        _stream.Dispose();
    }

    private void BeginAgain()
    {
        Dispose();
        (_stream, _reader) = Open();
        (_position, _ended) = (0, false);
    }

    private (FileStream Stream, AudioReader Reader) Open()
    {
        var stream = new FileStream(_file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 64 * 1024);
        try
        {
            return (stream, AudioReader.Open(stream, _file, _options));
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }
}
