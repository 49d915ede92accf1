using Speech.Audio;
using Speech.Audio.Files;

namespace Speech.Cli.Transcribe;

/// <summary>
/// Samples from a pipe or a device, which gives them once: a thread reads them as they come, and all that the server has not committed
/// is kept. When that is much, no more is read until the server has got on.
/// </summary>
internal sealed class LiveSamples : RecordedSamples
{
    /// <summary>More than the longest segment and what a server holds before that: 8 MB.</summary>
    private const int Kept = 120 * AudioRate.Model;

    private const int MostAtOnce = 4096;

    private readonly float[] _kept = new float[Kept];
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _news = new(0);
    private readonly SemaphoreSlim _room = new(0);
    private long _released;
    private long _position;
    private bool _ended;
    private Exception? _failure;
    private IReadOnlyList<string> _warnings = [];

    /// <param name="name">By its extension it tells of raw PCM.</param>
    /// <param name="open">Opens the stream; may take as long as it likes.</param>
    public LiveSamples(string name, Func<Stream> open, AudioFileOptions options) =>
        new Thread(() => ReadAll(name, open, options)) { IsBackground = true, Name = "audio" }.Start();

    public override IReadOnlyList<string> Warnings => _warnings;

    public override double? Fraction => null;

    public override async ValueTask<int> ReadAsync(long position, Memory<float> samples, CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_lock)
            {
                if (position < _position)
                {
                    var from = (int)(position % Kept);
                    var count = (int)Math.Min(_position - position, Math.Min(samples.Length, Kept - from));
                    _kept.AsSpan(from, count).CopyTo(samples.Span);
                    return count;
                }
                if (_failure is not null)
                    throw _failure;
                if (_ended)
                    return 0;
            }
            await _news.WaitAsync(cancellationToken);
        }
    }

    public override void Release(long position)
    {
        lock (_lock)
            _released = Math.Max(_released, position);
        _room.Release();
    }

    /// <summary>The thread ends with the process, or with what it reads: a read cannot be called off.</summary>
    public override void Dispose()
    {
    }

    private void ReadAll(string name, Func<Stream> open, AudioFileOptions options)
    {
        try
        {
            using var stream = open();
            using var reader = AudioReader.Open(stream, name, options);
            while (true)
            {
                var at = (int)(_position % Kept);
                var read = reader.Read(_kept.AsSpan(at, Math.Min(Room(), Kept - at)));
                _warnings = reader.Warnings;
                if (read == 0)
                    break;
                lock (_lock)
                    _position += read;
                _news.Release();
            }
        }
        catch (Exception e) when (e is AudioFormatException or IOException or UnauthorizedAccessException)
        {
            _failure = e;
        }
        lock (_lock)
            _ended = true;
        _news.Release();
    }

    /// <summary>Waits until something may be overwritten.</summary>
    private int Room()
    {
        while (true)
        {
            lock (_lock)
            {
                if (Kept - (_position - _released) is var room and > 0)
                    return (int)Math.Min(room, MostAtOnce);
            }
            _room.Wait();
        }
    }
}
