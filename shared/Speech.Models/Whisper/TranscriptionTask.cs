using Speech.Models.Batching;
using Speech.Models.Transformer;
using Speech.Models.Whisper.Decoding;
using Speech.Models.Whisper.Timing;
using Speech.Tensors;

namespace Speech.Models.Whisper;

/// <summary>
/// One request under way: window after window over its spectrogram, each decoded at one temperature after another until the result is good,
/// cut into segments, perhaps aligned to words. It owns no loop: between the engine's steps it encodes its next window or judges a finished
/// one.
/// </summary>
/// <remarks>Source: openai/whisper, <c>transcribe.py</c>.</remarks>
internal sealed class TranscriptionTask : BatchedTask<TranscriptionRequest, Transcription>
{
    private const double SecondsPerFrame = 0.01;
    private const int SamplesPerFrame = LogMelSpectrogram.HopLength;
    private readonly WhisperModel _model;
    private readonly WhisperTokenizer _tokenizer;
    private readonly DecodingRules _rules;
    private readonly DecodingOptions _options;
    private readonly ISpectrogram _spectrogram;
    private readonly int _contentFrames;
    private readonly int[] _initialPrompt;
    private readonly List<TranscribedSegment> _segments = [];
    private readonly List<int> _sampled = [];
    private readonly List<float> _logProbabilities = [];
    private readonly List<int> _history = [];
    private int _seek;
    private int _windowFrames;
    private int _attempt;
    private double _lastSpeechEnd;
    private float? _noSpeechProbability;
    private string? _language;
    private bool _withEarlierText;
    private WindowResult? _prompted;
    private WindowDecoding? _window;

    public TranscriptionTask(
        TranscriptionRequest request, WhisperModel model, DecodingRules rules, EncoderMemory audio, DecoderState[] states)
        : base(request, audio, states)
    {
        _model = model;
        _tokenizer = model.Tokenizer;
        _rules = rules;
        _options = request.Options;
        _language = _tokenizer.IsMultilingual ? _options.Language : "en";
        _spectrogram = request.Recording as ISpectrogram ?? new WholeSpectrogram(model, request.Samples.Span);
        _contentFrames = (int)Math.Clamp(_spectrogram.SampleCount / SamplesPerFrame, 1, int.MaxValue / 2);
        _initialPrompt = string.IsNullOrWhiteSpace(_options.Prompt) || !model.TakesPrompts
            ? [] : _tokenizer.Encode($" {_options.Prompt.Trim()}");
    }

    /// <summary>Whether its next window is still to be encoded.</summary>
    public override bool NeedsEncoding => _window is null && !IsFinished;

    public override bool IsFinished => _seek >= _contentFrames;

    /// <summary>Of the next window.</summary>
    public override int EncoderPositions
    {
        get
        {
            var full = _model.HyperParameters.AudioContext;
            var frames = Math.Min(2 * full, _contentFrames - _seek);
            return _options.AudioContext.Positions(frames * SamplesPerFrame, full, _model.TrainedForShortContext);
        }
    }

    /// <summary>The least rows that its next step needs.</summary>
    public override int MinimumRows => _window is { IsTakingPrompt: false } ? States.Length : 1;

    /// <summary>The next window, to be encoded.</summary>
    public AudioWindow BeginWindow()
    {
        _windowFrames = Math.Min(2 * _model.HyperParameters.AudioContext, _contentFrames - _seek);
        return _spectrogram.Window(_seek, EncoderPositions);
    }

    /// <summary>When the window is encoded.</summary>
    public void BeginDecoding()
    {
        _language ??= DetectLanguage();
        _attempt = 0;
        _withEarlierText = _initialPrompt.Length + _history.Count > 0;
        _prompted = null;
        BeginAttempt();
    }

    public override void AddRows(List<DecoderRow> rows, int room) => _window?.AddRows(rows, room);

    public override void Accept(TensorView logits, int row) => _window?.Accept(logits, row);

    /// <summary>After a step: if the window's decoding has ended, judges it, tries again or goes on. May use the model.</summary>
    public override void Advance()
    {
        if (_window is not { IsFinished: true })
            return;
        var result = _window.Result();
        if (_withEarlierText && _options.RetryWithoutPrompt && _prompted is null && result.IsDoubtful(_options))
        {
            _prompted = result;
            _withEarlierText = false;
            BeginAttempt();
            return;
        }

        if (_prompted is not null && !_withEarlierText && result.Temperature == _prompted.Temperature
            && !result.IsBetterThan(_prompted, _options))
        {
            result = _prompted;
            _withEarlierText = true;
        }

        _noSpeechProbability ??= result.NoSpeechProbability;
        if (_attempt + 1 < _options.Temperatures.Count && result.NeedsFallback(_options))
        {
            _attempt++;
            BeginAttempt();
            return;
        }

        _window = null;
        _sampled.AddRange(result.Tokens);
        _logProbabilities.AddRange(result.LogProbabilities);
        var start = _seek;
        if (result.IsSilence(_options))
        {
            _seek += _windowFrames;
            Report([]);
            return;
        }

        var split = SegmentSplitter.Cut(result, _seek, _windowFrames, _tokenizer);
        var segments = split.Segments;
        _seek += split.Advance;
        if (_options.WordTimestamps)
            segments = AddWords(segments, start, split.EndsWithOneTime);

        // A window that moves nothing would be decoded for ever.
        _seek = _seek > start ? _seek : start + _windowFrames;
        var heard = segments.FindAll(segment => segment.Text.Length > 0);
        _segments.AddRange(heard);
        Report(heard);

        // What misled this window would mislead the next one.
        if (!_withEarlierText || !_options.ConditionOnPreviousText || result.Temperature > 0.5)
            _history.Clear();
        if (_options.ConditionOnPreviousText && result.Temperature <= 0.5)
            _history.AddRange(segments.SelectMany(segment => segment.Tokens));
    }

    public override Transcription Result() => new(_language ?? "en", _segments, _sampled, _logProbabilities, _noSpeechProbability ?? 1);

    public override void Release() => _spectrogram.Dispose();

    private void Report(IReadOnlyList<TranscribedSegment> segments) =>
        Request.Progress?.Report(new TranscriptionProgress(segments, Math.Min(_seek, _contentFrames) * SecondsPerFrame));

    private void BeginAttempt() =>
        _window = new WindowDecoding(
            _rules, Memory, _windowFrames * SecondsPerFrame, States, [.. Prompt()], _options, _options.Temperatures[_attempt]);

    private IEnumerable<int> Prompt()
    {
        var longest = (_rules.TextContext / 2) - 1;
        int[] earlier = _withEarlierText ? [.. _initialPrompt.Concat(_history).TakeLast(longest)] : [];
        if (earlier.Length > 0)
            earlier = [_tokenizer.StartOfPrevious, .. earlier];
        int[] noTimestamps = _options.Timestamps ? [] : [_tokenizer.NoTimestamps];
        return [.. earlier, .. StartSequence(), .. noTimestamps];
    }

    /// <summary>&lt;|startoftranscript|&gt; and, in multilingual models, the language and the task.</summary>
    private int[] StartSequence() => _tokenizer.IsMultilingual
        ? [_tokenizer.StartOfTranscript, _tokenizer.LanguageToken(_language!), _options.Task == WhisperTask.Translate
            ? _tokenizer.Translate : _tokenizer.Transcribe]
        : [_tokenizer.StartOfTranscript];

    /// <summary>The most probable language token after &lt;|startoftranscript|&gt; over the first window.</summary>
    private string? DetectLanguage()
    {
        States[0].Clear();
        var logits = _model.Decode([new DecoderRow(Memory, States[0], _tokenizer.StartOfTranscript, WantLogits: true)]).Row(0);
        var first = _tokenizer.StartOfTranscript + 1;
        return _tokenizer.Language(
            first + System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(logits.Slice(first, _tokenizer.LanguageCount)));
    }

    private List<TranscribedSegment> AddWords(List<TranscribedSegment> segments, int start, bool endsWithOneTime)
    {
        var offset = start * SecondsPerFrame;
        var text = segments.SelectMany(segment => segment.Tokens).Where(token => token < _tokenizer.EndOfText).ToArray();
        var alignment = new WordAligner(_model).Align(Memory, States[0], StartSequence(), text, _windowFrames, _language!);
        var lastSpeechEnd = _lastSpeechEnd;
        segments = WordTimestamps.Add(segments, alignment, offset, ref lastSpeechEnd, _tokenizer.EndOfText);

        // Without sampled times the window is one segment and is done with.
        var lastWordEnd = segments.LastOrDefault(segment => segment.Words is { Count: > 0 })?.Words![^1].End;
        if (_options.Timestamps && !endsWithOneTime && lastWordEnd > offset)
            _seek = (int)Math.Round(lastWordEnd.Value / SecondsPerFrame);
        if (_options.HallucinationSilenceSeconds is { } threshold)
            LeaveOutHallucinations(segments, start, endsWithOneTime, threshold);
        _lastSpeechEnd = segments.LastOrDefault(segment => segment.Words is { Count: > 0 })?.Words![^1].End ?? _lastSpeechEnd;
        return segments;
    }

    /// <summary>Drops improbable text that stands between silences, and moves the next window to just before it.</summary>
    private void LeaveOutHallucinations(List<TranscribedSegment> segments, int start, bool endsWithOneTime, double threshold)
    {
        var offset = start * SecondsPerFrame;
        var windowEnd = offset + (WhisperModel.WindowSamples / (double)LogMelSpectrogram.SampleRate);
        var lastWordEnd = segments.LastOrDefault(segment => segment.Words is { Count: > 0 })?.Words![^1].End;
        if (!endsWithOneTime && lastWordEnd > offset && windowEnd - lastWordEnd <= threshold)
            _seek = start + _windowFrames;

        var first = segments.Find(segment => segment.Words is { Count: > 0 });
        if (HallucinationGuard.IsAnomalous(first) && first!.Start - offset > threshold)
        {
            _seek = start + (int)Math.Round((first.Start - offset) / SecondsPerFrame);
            segments.Clear();
            return;
        }

        var lastEnd = _lastSpeechEnd;
        for (var i = 0; i < segments.Count; i++)
        {
            var segment = segments[i];
            if (segment.Words is not { Count: > 0 })
                continue;
            var next = segments.Skip(i + 1).FirstOrDefault(following => following.Words is { Count: > 0 });
            var nextStart = next?.Words![0].Start ?? offset + (_windowFrames * SecondsPerFrame);
            var silenceBefore = segment.Start - lastEnd > threshold || segment.Start < threshold || segment.Start - offset < 2;
            var silenceAfter = nextStart - segment.End > threshold || HallucinationGuard.IsAnomalous(next) || windowEnd - segment.End < 2;
            if (HallucinationGuard.IsAnomalous(segment) && silenceBefore && silenceAfter)
            {
                _seek = (_contentFrames * SecondsPerFrame) - segment.End < threshold
                    ? _contentFrames
                    : (int)Math.Round(Math.Max(offset + 1, segment.Start) / SecondsPerFrame);
                segments.RemoveRange(i, segments.Count - i);
                return;
            }

            lastEnd = segment.End;
        }
    }
}
