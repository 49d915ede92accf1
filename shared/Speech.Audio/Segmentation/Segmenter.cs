namespace Speech.Audio.Segmentation;

/// <summary>
/// Cuts one client's audio into segments for the speech model, while it is spoken. The caller measures the probability of
/// speech in each window (Silero VAD) and pushes both; what follows from it is read as events.
/// <para>
/// A window at the threshold opens a candidate, which starts earlier by the pre-roll. When enough speech has been heard, the
/// candidate becomes a segment: it gets its number and is announced. Silence of the set length completes it (or drops a
/// candidate that was only a noise), and it keeps a tail behind its last speech. A segment that grows too long is cut
/// at the quietest point of its last seconds, and the next one starts exactly there. So segments are ordered, never overlap,
/// and no window of speech, but for noises, is outside of one.
/// </para>
/// <para>
/// What follows a cut, or a flush in mid-speech, is the rest of the same speech (<see cref="Continuation"/>): its first window of speech,
/// by the lower threshold, is enough for a segment, and nothing of it is lost for being soft or short. A segmenter that starts at
/// <see cref="CommittedUntilSample"/> of another one with its <see cref="CommittedContinuation"/> and hears the same windows makes the same
/// segments.
/// </para>
/// <para>Rules after Silero's <c>get_speech_timestamps</c> and <c>VADIterator</c>. Not thread-safe.</para>
/// </summary>
public sealed class Segmenter : IDisposable
{
    /// <summary>32 ms at 16 kHz: what Silero VAD judges at once.</summary>
    public const int WindowSamples = 512;

    /// <summary>Half the stretch over which loudness is averaged when a cut is sought: about 0.13 s to either side.</summary>
    private const int CutNeighbours = 4;

    private readonly SegmenterOptions _options;
    private readonly int _silence;
    private readonly int _preRoll;
    private readonly int _tail;
    private readonly int _minSpeech;
    private readonly int _maxSegment;
    private readonly int _cutSearch;

    private readonly SampleHistory _audio;
    private readonly Queue<SegmenterEvent> _events = new();

    // Windows since the candidate's first speech, or since the cut.
    private readonly List<Window> _windows = [];
    private State _state;
    private long _segment;
    private long _start;
    private long _speechEnd;
    private int _speechSamples;

    // No segment may start before this: the end of the last one.
    private long _floor;

    // What a candidate that starts at the floor goes on from.
    private Continuation _continuation;

    /// <param name="firstSegment">Number of the first segment, for a client that comes back.</param>
    /// <param name="startSample">Position of the first sample in the client's audio.</param>
    /// <param name="continuation">How that sample goes on from what was before.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option makes no sense.</exception>
    public Segmenter(
        SegmenterOptions? options = null, long firstSegment = 0, long startSample = 0, Continuation continuation = Continuation.None)
    {
        _options = options ?? new SegmenterOptions();
        _options.Validate();
        _silence = Samples(_options.SilenceSeconds);
        _preRoll = WholeWindows(_options.PreRollSeconds);
        _tail = WholeWindows(_options.TailSeconds);
        _minSpeech = Samples(_options.MinSpeechSeconds);
        _maxSegment = Samples(_options.MaxSegmentSeconds);
        _cutSearch = Samples(_options.CutSearchSeconds);
        _segment = firstSegment;
        _floor = startSample;
        _audio = new SampleHistory(startSample);
        Continue(continuation);
    }

    private enum State
    {
        /// <summary>Waiting for speech.</summary>
        Idle,

        /// <summary>Something was heard; it may be a noise.</summary>
        Candidate,

        /// <summary>A segment, announced.</summary>
        Open,
    }

    /// <summary>Samples heard, from the start of the client's audio.</summary>
    public long Position => _audio.End;

    /// <summary>Nothing before this can become part of a later segment: all of it is in completed segments or was not speech.</summary>
    public long CommittedUntilSample => _state == State.Idle ? Math.Max(_floor, Position - _preRoll) : _start;

    /// <summary>Whether there is a segment, or a sound that may become one.</summary>
    public bool IsInSegment => _state != State.Idle;

    /// <summary>How the audio at <see cref="CommittedUntilSample"/> goes on from what was before it.</summary>
    public Continuation CommittedContinuation => _state == State.Idle ? Continuation.None : _continuation;

    /// <summary><see cref="CommittedUntilSample"/> in seconds.</summary>
    public double CommittedUntil => CommittedUntilSample / (double)AudioRate.Model;

    /// <summary>Takes the next window. Read all events before the next call.</summary>
    /// <param name="window">512 samples; fewer only at a flush.</param>
    /// <param name="probability">Of speech in the window, 0..1.</param>
    public void Push(ReadOnlySpan<float> window, float probability)
    {
        if (window.Length != WindowSamples)
            throw new ArgumentException($"A window has {WindowSamples} samples, {window.Length} were given.", nameof(window));
        RequireEventsRead();
        Take(window, probability);
    }

    /// <summary>The audio ends here, or the client wants a result now: completes the open segment. More may be pushed afterwards.</summary>
    public void Flush() => Flush([], 0);

    /// <inheritdoc cref="Flush()"/>
    /// <param name="remainder">The samples that did not fill a window.</param>
    /// <param name="probability">Of speech in the remainder filled up with zeros.</param>
    public void Flush(ReadOnlySpan<float> remainder, float probability)
    {
        if (remainder.Length >= WindowSamples)
            throw new ArgumentException(
                $"A remainder has fewer than {WindowSamples} samples, {remainder.Length} were given.", nameof(remainder));
        RequireEventsRead();
        if (!remainder.IsEmpty)
            Take(remainder, probability);
        Close(SegmentEnd.Flush);
    }

    /// <summary>Samples from where everything was committed before the last push or flush; valid until the next.</summary>
    public ReadOnlyMemory<float> Slice(long start, long end) => _audio.Slice(start, end);

    /// <summary>The next event of the last push or flush.</summary>
    public bool TryRead(out SegmenterEvent next) => _events.TryDequeue(out next);

    /// <summary>The segment being spoken, for interim results.</summary>
    public bool TrySnapshot(out OpenSegment open)
    {
        open = _state == State.Open ? new OpenSegment(_segment, _start, SegmentEndSample, _audio.Slice(_start, SegmentEndSample)) : default;
        return _state == State.Open;
    }

    public void Dispose() => _audio.Dispose();

    private long SegmentEndSample => Math.Min(_speechEnd + _tail, Position);

    private static int WholeWindows(double seconds) => (int)Math.Round(seconds * AudioRate.Model / WindowSamples) * WindowSamples;

    private static int Samples(double seconds) => (int)Math.Round(seconds * AudioRate.Model);

    private void RequireEventsRead()
    {
        if (_events.Count > 0)
            throw new InvalidOperationException("Read all events first: their samples are valid only until the next push.");
    }

    private void Take(ReadOnlySpan<float> samples, float probability)
    {
        _audio.DiscardBefore(CommittedUntilSample);
        var from = Position;
        _audio.Append(samples);
        if (_state == State.Idle)
        {
            if (!(probability >= _options.Threshold))
                return;
            _state = State.Candidate;
            _start = Math.Max(_floor, from - _preRoll);
            _speechEnd = from;
        }

        var inSilence = _windows.Count > 0 ? !_windows[^1].IsSpeech : _continuation == Continuation.InPause;
        var isSpeech = probability >= (inSilence ? _options.Threshold : _options.NegativeThreshold);
        _windows.Add(new Window(from, isSpeech, float.IsNaN(probability) ? 0 : probability, MeanSquare(samples)));
        if (isSpeech)
        {
            _speechEnd = Position;
            _speechSamples += samples.Length;
        }
        if (_state == State.Candidate && _speechSamples >= (_continuation == Continuation.None ? _minSpeech : 1))
            Announce();
        if (Position - _speechEnd >= _silence)
            Close(SegmentEnd.Silence);
        else if (Position - _start + WindowSamples > _maxSegment)
            Cut();
    }

    private void Announce()
    {
        _state = State.Open;
        _events.Enqueue(new SegmenterEvent(SegmenterEventKind.SpeechStarted, _segment, _start, Position, default, SegmentEnd.None));
    }

    private void Complete(long end, SegmentEnd reason)
    {
        _events.Enqueue(new SegmenterEvent(
            SegmenterEventKind.SegmentCompleted, _segment, _start, end, _audio.Slice(_start, end), reason));
        _segment++;
        _floor = end;
    }

    private void Close(SegmentEnd reason)
    {
        var wasInSpeech = _state == State.Open && _windows[^1].IsSpeech;
        if (_state == State.Open)
            Complete(SegmentEndSample, reason);
        BecomeIdle();
        if (reason == SegmentEnd.Flush && wasInSpeech)
            Continue(Continuation.InSpeech);
    }

    private void BecomeIdle()
    {
        _state = State.Idle;
        _continuation = Continuation.None;
        _windows.Clear();
        _speechSamples = 0;
    }

    /// <summary>What comes is the rest of the speech before: it is a candidate from its first sample on.</summary>
    private void Continue(Continuation continuation)
    {
        if (continuation == Continuation.None)
            return;
        _continuation = continuation;
        _state = State.Candidate;
        _start = _speechEnd = _floor;
    }

    private void Cut()
    {
        // So long without a pause is no noise, however little of it was surely speech.
        if (_state == State.Candidate)
            Announce();
        var first = QuietestBoundary();
        Complete(_windows[first].Start, SegmentEnd.Cut);

        var continuation = first > 0 && _windows[first - 1].IsSpeech ? Continuation.InSpeech : Continuation.InPause;
        _windows.RemoveRange(0, first);
        if (!_windows.Exists(window => window.IsSpeech))
        {
            BecomeIdle();
            return;
        }
        // The rest is the same speech, and needs not prove itself again. Where it last was speech is still known.
        _continuation = continuation;
        _start = _floor;
        Announce();
    }

    /// <summary>
    /// The index of the window before which to cut: where loudness times probability, both averaged over a quarter of a
    /// second, is least. Either alone would mislead: music is loud when nobody speaks, and a soft word is quiet.
    /// The later of two equal ones, so that segments are long.
    /// </summary>
    private int QuietestBoundary()
    {
        var (best, least) = (_windows.Count - 1, double.PositiveInfinity);
        for (var i = _windows.Count - 1; i > 0 && _windows[i].Start >= Position - _cutSearch; i--)
        {
            var (from, to) = (Math.Max(0, i - CutNeighbours), Math.Min(_windows.Count, i + CutNeighbours));
            var (energy, probability) = (0.0, 0.0);
            for (var j = from; j < to; j++)
            {
                energy += _windows[j].MeanSquare;
                probability += _windows[j].Probability;
            }
            // The small constants let each decide where the other is zero.
            var score = (Math.Sqrt(energy / (to - from)) + 1e-5) * (probability / (to - from) + 0.05);
            if (score < least)
                (best, least) = (i, score);
        }
        return best;
    }

    private static float MeanSquare(ReadOnlySpan<float> samples)
    {
        var sum = 0f;
        foreach (var sample in samples)
            sum += sample * sample;
        return float.IsFinite(sum) ? sum / samples.Length : float.MaxValue;
    }

    /// <param name="IsSpeech">By the thresholds, with hysteresis.</param>
    private readonly record struct Window(long Start, bool IsSpeech, float Probability, float MeanSquare);
}
