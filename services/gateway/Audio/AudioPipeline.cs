using Speech.Audio;
using Speech.Audio.Segmentation;
using Speech.Audio.Streams;
using Speech.Contracts;
using Speech.Models.Silero;

namespace Speech.Gateway.Audio;

/// <summary>
/// One client's way from messages to segments: decode to 16 kHz, cut into windows of 512 samples, ask Silero about each, and let the
/// segmenter decide. Events are pulled with <see cref="TryRead"/>, so whoever pulls may stop to wait between two of them; that is how
/// back-pressure reaches the client. Nothing is allocated per message or window. Not thread-safe.
/// </summary>
internal sealed class AudioPipeline : IDisposable
{
    private readonly SileroVad _vad;
    private readonly SileroVadState _vadState = new();
    private readonly IAudioStreamDecoder _decoder;
    private readonly Segmenter _segmenter;
    private readonly SampleBuffer _samples = new();
    private readonly Contracts.AudioCodec _codec;
    private readonly int _bytesPerSample;
    private long _bytes;
    private bool _flushing;

    /// <param name="firstSegment">Number of the first segment, for a client that comes back.</param>
    /// <param name="startSample">Position of the first sample in the client's audio.</param>
    /// <exception cref="MissingNativeLibraryException">libopus or libsoxr is needed and not installed.</exception>
    public AudioPipeline(
        SileroVad vad, SessionParameters parameters, SegmenterOptions segmenter, AudioStreamLimits limits, long firstSegment, long startSample)
    {
        _vad = vad;
        _decoder = AudioStreamDecoder.Create(DecoderFor(parameters.Codec), parameters.SampleRate ?? AudioRate.Model, limits);
        _segmenter = new Segmenter(segmenter, firstSegment, startSample);
        _codec = parameters.Codec;
        _bytesPerSample = parameters.Codec switch
        {
            Contracts.AudioCodec.PcmS16Le => sizeof(short),
            Contracts.AudioCodec.PcmF32Le => sizeof(float),
            _ => 1,
        };
    }

    /// <summary>Parts of the audio that could not be decoded and were concealed or passed over.</summary>
    public long DamagedParts => _decoder.DamagedParts;

    /// <summary>Whether the audio ends within a sample.</summary>
    public bool IsCutShort => _bytes % _bytesPerSample != 0;

    /// <summary>Seconds of the client's audio that no later segment can reach back into.</summary>
    public double CommittedUntil => _segmenter.CommittedUntil;

    /// <summary>Seconds of the client's audio heard, up to the last whole window or flush.</summary>
    public double Position => _segmenter.Position / (double)AudioRate.Model;

    /// <summary>Takes one message of audio. Read all events afterwards.</summary>
    /// <returns>Seconds of audio in it.</returns>
    /// <exception cref="AudioFormatException">It is not what it should be, or too much; the stream cannot go on.</exception>
    public double Decode(ReadOnlySpan<byte> message)
    {
        var before = _samples.Count;
        if (_bytes == 0)
            WrongContainer.ThrowIfAt(message, _codec);
        _bytes += message.Length;
        _decoder.Decode(message, _samples);
        return (_samples.Count - before) / (double)AudioRate.Model;
    }

    /// <summary>Ends the open segment once all events before it have been read. Audio may go on afterwards.</summary>
    public void Flush() => _flushing = true;

    /// <summary>The audio ends here: brings out what the decoder held back, and ends the open segment.</summary>
    public void Complete()
    {
        _decoder.Complete(_samples);
        Flush();
    }

    /// <summary>The next event; its samples are valid until the next call. False when more audio is needed.</summary>
    public bool TryRead(out SegmenterEvent next)
    {
        while (!_segmenter.TryRead(out next))
        {
            if (_samples.Count >= Segmenter.WindowSamples)
            {
                var window = _samples.Take(Segmenter.WindowSamples);
                _segmenter.Push(window, _vad.Process(_vadState, window));
            }
            else if (_flushing)
            {
                _flushing = false;
                FlushRemainder();
            }
            else
            {
                _samples.Compact();
                return false;
            }
        }
        return true;
    }

    /// <summary>The segment being spoken; its samples are valid until the next call of <see cref="TryRead"/>.</summary>
    public bool TrySnapshot(out OpenSegment open) => _segmenter.TrySnapshot(out open);

    public void Dispose()
    {
        _decoder.Dispose();
        _segmenter.Dispose();
        _samples.Dispose();
    }

    private void FlushRemainder()
    {
        var remainder = _samples.Take(_samples.Count);
        if (remainder.IsEmpty)
        {
            _segmenter.Flush();
            return;
        }
        Span<float> window = stackalloc float[Segmenter.WindowSamples];
        remainder.CopyTo(window);
        window[remainder.Length..].Clear();
        _segmenter.Flush(remainder, _vad.Process(_vadState, window));
    }

    private static Speech.Audio.Streams.AudioCodec DecoderFor(Contracts.AudioCodec codec) => codec switch
    {
        Contracts.AudioCodec.Opus => Speech.Audio.Streams.AudioCodec.Opus,
        Contracts.AudioCodec.OggOpus => Speech.Audio.Streams.AudioCodec.OggOpus,
        Contracts.AudioCodec.PcmS16Le => Speech.Audio.Streams.AudioCodec.PcmS16Le,
        Contracts.AudioCodec.PcmF32Le => Speech.Audio.Streams.AudioCodec.PcmF32Le,
        _ => throw new ArgumentOutOfRangeException(nameof(codec), codec, null),
    };
}
