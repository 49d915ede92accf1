using Speech.Audio;
using Speech.Audio.Segmentation;
using Speech.Audio.Streams;
using Speech.Contracts.Client;
using Speech.Contracts.Sessions;
using Speech.Vad;

namespace Speech.Gateway.Audio;

/// <summary>
/// One client's way from messages to segments: decode to 16 kHz, cut into windows of 512 samples, ask Silero about each, and let the
/// segmenter decide. Events are pulled with <see cref="TryRead"/>, so whoever pulls may stop to wait between two of them; that is how
/// back-pressure reaches the client. Nothing is allocated per message or window. Not thread-safe.
/// </summary>
internal sealed class AudioPipeline : IDisposable
{
    private readonly LevelledVad _vad;
    private readonly LevelledVadState _vadState;
    private readonly VadTrail _trail;

    // The detector's state where everything before is committed.
    private readonly LevelledVadState _resumeState = new();
    private long _resumeSample;
    private readonly IAudioStreamDecoder _decoder;
    private readonly Segmenter _segmenter;
    private readonly SampleBuffer _samples = new();
    private readonly WrongContainer _wrongContainer;
    private readonly SignalWatch _signal = new();
    private readonly int _frameBytes;
    private long _bytes;
    private bool _flushing;

    /// <param name="firstSegment">Number of the first segment, for a client that comes back.</param>
    /// <param name="start">Where the client's audio goes on.</param>
    public AudioPipeline(
        SileroVad vad, SessionParameters parameters, SegmenterOptions segmenter, AudioStreamLimits limits, long firstSegment,
        ResumePoint start)
    {
        _vad = new LevelledVad(vad);
        (var continuation, _vadState) = start.Restore();
        _resumeSample = (long)Math.Round(start.CommittedSeconds * AudioRate.Model);
        _vadState.CopyTo(_resumeState);
        _trail = new VadTrail((int)(segmenter.PreRollSeconds * AudioRate.Model) / Segmenter.WindowSamples + 3, _resumeSample, _vadState);
        _decoder = AudioStreamDecoder.Create(
            parameters.Codec.ToWireName(), parameters.SampleRate ?? AudioRate.Model, limits, parameters.Channels);
        _segmenter = new Segmenter(segmenter, firstSegment, _resumeSample, continuation);
        _wrongContainer = new WrongContainer(parameters.Codec);
        _frameBytes = parameters.Channels * parameters.Codec switch
        {
            AudioCodec.PcmS16Le => sizeof(short),
            AudioCodec.PcmF32Le => sizeof(float),
            _ => 1,
        };
    }

    /// <summary>Parts of the audio that could not be decoded and were concealed or passed over.</summary>
    public long DamagedParts => _decoder.DamagedParts;

    /// <summary>What was found wrong with the audio so far, though it is heard.</summary>
    public AudioFault Faults => _decoder.Faults;

    /// <summary>Audio of which nothing can come, as the client should be told.</summary>
    public SignalWatch Signal => _signal;

    /// <summary>Whether the audio ends within a sample, or between those of a frame.</summary>
    public bool IsCutShort => _bytes % _frameBytes != 0;

    /// <summary>Seconds of the client's audio that no later segment can reach back into.</summary>
    public double CommittedUntil => _segmenter.CommittedUntil;

    /// <summary>Where this client goes on should it have to come back now.</summary>
    public ResumePoint ResumePoint => ResumePoint.Save(_segmenter.CommittedUntil, _segmenter.CommittedContinuation, _resumeState);

    /// <summary>The same when all that was heard has been said: nothing of it is to come again.</summary>
    public ResumePoint EndPoint => ResumePoint.Save(Position, Speech.Audio.Segmentation.Continuation.None, _vadState);

    /// <summary>Whether speech is going on, or a sound that may turn out to be speech.</summary>
    public bool IsInSegment => _segmenter.IsInSegment;

    /// <summary>Seconds of the client's audio heard, up to the last whole window or flush.</summary>
    public double Position => _segmenter.Position / (double)AudioRate.Model;

    /// <summary>Takes one message of audio. Read all events afterwards.</summary>
    /// <returns>Seconds of audio in it.</returns>
    /// <exception cref="AudioFormatException">It is not what it should be, or too much; the stream cannot go on.</exception>
    public double Decode(ReadOnlySpan<byte> message)
    {
        var before = _samples.Count;
        _wrongContainer.ThrowIfIn(message);
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
                _signal.Hear(window, _segmenter.IsInSegment);
                FollowCommitted();
            }
            else if (_flushing)
            {
                _flushing = false;
                FlushRemainder();
                FollowCommitted();
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

    /// <summary>After every push: keeps the detector's state of where a client that comes back would go on.</summary>
    private void FollowCommitted()
    {
        _trail.Add(_segmenter.Position, _vadState);
        var committed = _segmenter.CommittedUntilSample;
        if (committed == _resumeSample)
            return;
        if (_trail.Find(committed) is { } state)
        {
            state.CopyTo(_resumeState);
        }
        else
        {
            // A long segment was cut seconds ago: rare enough to listen to it once more.
            var audio = _segmenter.Slice(_resumeSample, committed).Span;
            for (; audio.Length >= Segmenter.WindowSamples; audio = audio[Segmenter.WindowSamples..])
                _vad.Process(_resumeState, audio[..Segmenter.WindowSamples]);
        }
        _resumeSample = committed;
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
}
