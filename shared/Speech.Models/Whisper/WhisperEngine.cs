using Speech.Models.Whisper.Decoding;

namespace Speech.Models.Whisper;

/// <summary>
/// Greedy decoding, continuously batched: requests are admitted into free slots at any time, each <see cref="Step"/> advances all of them by one token
/// in one pass over the weights, and finished ones leave at once. A sequence's arithmetic does not depend on its neighbours. For one caller at a time.
/// </summary>
public sealed class WhisperEngine : IDisposable
{
    private readonly WhisperModel _model;
    private readonly WhisperTokenizer _tokenizer;
    private readonly DecodingSlot[] _slots;
    private readonly ILogitRule[] _rulesWithTimestamps;
    private readonly ILogitRule[] _rulesWithoutTimestamps;
    private readonly List<DecoderRow> _rows = [];

    /// <param name="slots">The most sequences decoded at once; their caches are allocated here.</param>
    public WhisperEngine(WhisperModel model, int slots = 8)
    {
        // The longest prompt is four tokens: <|startoftranscript|>, language, task, <|notimestamps|>.
        ArgumentOutOfRangeException.ThrowIfLessThan(slots, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slots, model.MaximumRows / 4);
        _model = model;
        _tokenizer = model.Tokenizer;
        _slots = [.. Enumerable.Range(0, slots).Select(_ => new DecodingSlot(model.NewDecoderState()))];
        ILogitRule[] always = [new SuppressBlank(_tokenizer), new SuppressTokens(_tokenizer)];
        _rulesWithTimestamps = [.. always, new ApplyTimestampRules(_tokenizer, model.Device)];
        _rulesWithoutTimestamps = [.. always, new SuppressTimestamps(_tokenizer)];
    }

    public int Slots => _slots.Length;

    /// <summary>Sequences being decoded.</summary>
    public int Active => ActiveSlots.Count();

    private IEnumerable<DecodingSlot> ActiveSlots => _slots.Where(slot => slot.Request is not null);

    /// <summary>Most tokens sampled for a request.</summary>
    private int MaximumTokens => _model.HyperParameters.TextContext / 2;

    /// <summary>Encodes a request and gives it a free slot.</summary>
    /// <exception cref="InvalidOperationException">No slot is free.</exception>
    /// <exception cref="ArgumentException">The audio is longer than 30 s, or the model lacks the language.</exception>
    public void Admit(TranscriptionRequest request)
    {
        var slot = Array.Find(_slots, slot => slot.Request is null) ?? throw new InvalidOperationException($"All {_slots.Length} slots are taken.");
        var language = _tokenizer.IsMultilingual ? request.Language : "en";
        var languageToken = _tokenizer.IsMultilingual && language is not null ? _tokenizer.LanguageToken(language) : (int?)null;
        var context = request.AudioContext.Positions(request.Samples.Length, _model.HyperParameters.AudioContext, _model.TrainedForShortContext);
        _model.Begin(slot.State, _model.Encode(request.Samples.Span, context));

        slot.Begin(request, language);
        slot.Pending.Add(_tokenizer.StartOfTranscript);
        if (language is not null)
            AddPromptAfterStart(slot, languageToken);
    }

    /// <summary>Advances every sequence by one token and hands over those that are finished.</summary>
    public void Step(ICollection<(TranscriptionRequest Request, Transcription Transcription)> finished)
    {
        _rows.Clear();
        foreach (var slot in ActiveSlots)
        {
            for (var i = 0; i < slot.Pending.Count; i++)
                _rows.Add(new DecoderRow(slot.State, slot.Pending[i], WantLogits: i == slot.Pending.Count - 1 || (i == 0 && slot.IsStarting)));
        }

        if (_rows.Count == 0)
            return;

        var logits = _model.Decode(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_rows));
        var row = 0;
        foreach (var slot in ActiveSlots)
        {
            if (slot.IsStarting)
            {
                // The row of <|startoftranscript|> tells whether there is speech at all, and in which language.
                slot.IsStarting = false;
                var start = logits.Row(row);
                slot.NoSpeechProbability = MathF.Exp(start[_tokenizer.NoSpeech] - _model.Device.LogSumExp(start));
                if (slot.Language is null)
                {
                    DetectLanguage(slot, start);
                    row++;
                    continue;
                }

                row += slot.Pending.Count > 1 ? 1 : 0;
            }

            Sample(slot, logits.Row(row++));
            if (slot.Sampled[^1] == _tokenizer.EndOfText || slot.Sampled.Length >= MaximumTokens || slot.State.Length >= _model.HyperParameters.TextContext)
                finished.Add((slot.Request!, slot.Finish(_tokenizer)));
        }
    }

    /// <summary>Transcribes all requests, as many at once as there are slots, and returns the results in their order.</summary>
    public IReadOnlyList<Transcription> Transcribe(IReadOnlyList<TranscriptionRequest> requests, CancellationToken cancellationToken = default)
    {
        var results = new Dictionary<TranscriptionRequest, Transcription>(ReferenceEqualityComparer.Instance);
        var finished = new List<(TranscriptionRequest Request, Transcription Transcription)>();
        for (var next = 0; results.Count < requests.Count;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            while (next < requests.Count && Active < Slots)
                Admit(requests[next++]);
            Step(finished);
            foreach (var (request, transcription) in finished)
                results.Add(request, transcription);
            finished.Clear();
        }

        return [.. requests.Select(request => results[request])];
    }

    public void Dispose()
    {
        foreach (var slot in _slots)
            slot.Dispose();
    }

    private void AddPromptAfterStart(DecodingSlot slot, int? languageToken)
    {
        if (languageToken is { } token)
        {
            slot.Pending.Add(token);
            slot.Pending.Add(_tokenizer.Transcribe);
        }

        if (!slot.Request!.Timestamps)
            slot.Pending.Add(_tokenizer.NoTimestamps);
    }

    private void DetectLanguage(DecodingSlot slot, ReadOnlySpan<float> logits)
    {
        var first = _tokenizer.StartOfTranscript + 1;
        var token = first + IndexOfMax(logits.Slice(first, _tokenizer.LanguageCount));
        slot.Language = _tokenizer.Language(token);
        slot.Pending.Clear();
        AddPromptAfterStart(slot, token);
    }

    private void Sample(DecodingSlot slot, Span<float> logits)
    {
        foreach (var rule in slot.Request!.Timestamps ? _rulesWithTimestamps : _rulesWithoutTimestamps)
            rule.Apply(logits, slot.Sampled);
        var token = IndexOfMax(logits);
        slot.Add(token, logits[token] - _model.Device.LogSumExp(logits));
    }

    private static int IndexOfMax(ReadOnlySpan<float> values) => System.Numerics.Tensors.TensorPrimitives.IndexOfMax(values);
}
