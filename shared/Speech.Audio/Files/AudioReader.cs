using System.Buffers;
using Speech.Audio.Streams;

namespace Speech.Audio.Files;

/// <summary>
/// A recording, whatever it is in, piece by piece as 16 kHz mono: memory does not depend on how long it is, and of a live stream each piece
/// is there as soon as it has come. What it is in is known by its first bytes: see <see cref="AudioFile"/>. Not thread-safe.
/// </summary>
public sealed class AudioReader : IDisposable
{
    private readonly AudioSource _source;
    private readonly ArrayBufferWriter<float> _decoded = new();
    private int _taken;
    private bool _ended;

    private AudioReader(AudioSource source) => _source = source;

    public AudioContainer Container => _source.Container;

    /// <summary>Hz, as the file says it (Opus: what its encoder was fed); 0 while nothing has been read that tells.</summary>
    public int SourceSampleRate => _source.SampleRate;

    /// <summary>0 while nothing has been read that tells.</summary>
    public int SourceChannels => _source.Channels;

    /// <summary>What was wrong with what was read so far, though it could be read: truncated, damaged parts. Complete at the end.</summary>
    public IReadOnlyList<string> Warnings => [.. _source.Warnings, .. _source.Faults.DescribeAll()];

    /// <summary>Reads as much as tells what the stream is.</summary>
    /// <param name="stream">Need not be seekable; stays the caller's.</param>
    /// <param name="name">A file name: its extension tells of raw PCM.</param>
    /// <exception cref="AudioFormatException">The content is at fault; the message does not name the file.</exception>
    public static AudioReader Open(Stream stream, string name, AudioFileOptions? options = null) =>
        new(AudioFile.OpenSource(stream, name, options ?? new AudioFileOptions()));

    /// <summary>Reads the next samples, as soon as there are any.</summary>
    /// <returns>How many; 0 at the end.</returns>
    /// <exception cref="AudioFormatException">The content is at fault; the message does not name the file.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public int Read(Span<float> samples)
    {
        while (_decoded.WrittenCount == _taken && !_ended)
        {
            _decoded.ResetWrittenCount();
            _taken = 0;
            _ended = !_source.Read(_decoded);
        }
        var rest = _decoded.WrittenSpan[_taken..];
        var count = Math.Min(rest.Length, samples.Length);
        rest[..count].CopyTo(samples);
        _taken += count;
        return count;
    }

    public void Dispose() => _source.Dispose();
}
