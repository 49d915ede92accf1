using System.Runtime.InteropServices;
using Speech.Models.Whisper.Decoding;

namespace Speech.Models.Whisper;

/// <summary>
/// Continuously batched decoding: requests are admitted while there is room, each <see cref="Step"/> advances all of them by one token in one pass over
/// the weights, and finished ones leave at once. Beams, draws and prompts are rows of the same batch. A sequence's arithmetic does not depend on
/// its neighbours, so its result does not either. For one caller at a time.
/// </summary>
public sealed class WhisperEngine : IDisposable
{
    // Rows left for prompts in every step beside one row for each hypothesis.
    private const int PromptRows = 16;
    private readonly WhisperModel _model;
    private readonly DecodingRules _rules;
    private readonly Stack<DecoderState> _freeStates = [];
    private readonly Stack<AudioFeatures> _freeAudio = [];
    private readonly List<TranscriptionTask> _tasks = [];
    private readonly List<DecoderRow> _rows = [];

    /// <param name="slots">The most sequences decoded at once; their memory is taken here (see <see cref="BytesPerSlot"/>).</param>
    public WhisperEngine(WhisperModel model, int slots = 8)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slots, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slots, model.MaximumRows - PromptRows);
        _model = model;
        _rules = new DecodingRules(model);
        Slots = slots;
        for (var slot = 0; slot < slots; slot++)
        {
            _freeStates.Push(model.NewDecoderState());
            _freeAudio.Push(model.NewAudioFeatures());
        }

        BytesPerSlot = _freeStates.Peek().SizeInBytes + _freeAudio.Peek().SizeInBytes;
    }

    /// <summary>Sequences that can be decoded at once. A request takes one, or as many as it has beams or draws.</summary>
    public int Slots { get; }

    /// <summary>Memory of a slot's keys and values, of text and of audio.</summary>
    public long BytesPerSlot { get; }

    /// <summary>Requests under way.</summary>
    public int Active => _tasks.Count;

    public int FreeSlots => _freeStates.Count;

    /// <summary>Whether there is room for a request now.</summary>
    public bool CanAdmit(TranscriptionRequest request) => _freeAudio.Count > 0 && _freeStates.Count >= request.Options.Hypotheses;

    /// <summary>Takes a request in; it joins the batch at the next step.</summary>
    /// <exception cref="InvalidOperationException">Too few slots are free: see <see cref="CanAdmit"/>.</exception>
    /// <exception cref="ArgumentException">The options make no sense, ask for more slots than there are, or the model lacks the language or the task.</exception>
    public void Admit(TranscriptionRequest request)
    {
        var options = request.Options;
        options.Validate();
        if (options.Hypotheses > Slots)
            throw new ArgumentException($"{options.Hypotheses} beams or draws need as many slots; this engine has {Slots}.", nameof(request));
        if (_model.Tokenizer.IsMultilingual && options.Language is { } language)
            _model.Tokenizer.LanguageToken(language);
        if (!_model.Tokenizer.IsMultilingual && options.Task == WhisperTask.Translate)
            throw new ArgumentException("An English-only model cannot translate; use a multilingual one.", nameof(request));
        if (!CanAdmit(request))
            throw new InvalidOperationException($"The request needs {options.Hypotheses} slots; {_freeStates.Count} of {Slots} are free.");

        var states = new DecoderState[options.Hypotheses];
        for (var i = 0; i < states.Length; i++)
            states[i] = _freeStates.Pop();
        _tasks.Add(new TranscriptionTask(request, _model, _rules, _freeAudio.Pop(), states));
    }

    /// <summary>Encodes what waits for it, up to one full window; advances every sequence by one token; hands over requests that are finished.</summary>
    public void Step(ICollection<(TranscriptionRequest Request, Transcription Transcription)> finished)
    {
        EncodeWindows();
        _rows.Clear();
        var promised = 0;
        foreach (var task in _tasks)
            promised += task.MinimumRows;
        foreach (var task in _tasks)
        {
            promised -= task.MinimumRows;
            task.AddRows(_rows, room: Math.Max(1, _model.MaximumRows - _rows.Count - promised));
        }

        if (_rows.Count > 0)
        {
            var logits = _model.Decode(CollectionsMarshal.AsSpan(_rows));
            var row = 0;
            foreach (var task in _tasks)
                task.Accept(logits, ref row);
        }

        for (var i = _tasks.Count - 1; i >= 0; i--)
        {
            var task = _tasks[i];
            task.Advance();
            if (!task.IsFinished)
                continue;
            _tasks.RemoveAt(i);
            finished.Add((task.Request, task.Result()));
            Release(task);
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
            while (next < requests.Count && (Active == 0 || CanAdmit(requests[next])))
                Admit(requests[next++]);
            Step(finished);
            foreach (var (request, transcription) in finished)
                results.Add(request, transcription);
            finished.Clear();
        }

        return [.. requests.Select(request => results[request])];
    }

    /// <summary>Gives up everything under way: after a failed step.</summary>
    public void Reset()
    {
        foreach (var task in _tasks)
            Release(task);
        _tasks.Clear();
    }

    public void Dispose()
    {
        Reset();
        foreach (var state in _freeStates)
            state.Dispose();
        foreach (var audio in _freeAudio)
            audio.Dispose();
    }

    /// <summary>At most one full window a step, so that sequences under way are not held up for longer than that; at least one, so that all get their turn.</summary>
    private void EncodeWindows()
    {
        var budget = _model.HyperParameters.AudioContext;
        foreach (var task in _tasks)
        {
            if (!task.NeedsEncoding)
                continue;
            if (task.NextContext > budget)
                break;
            budget -= task.NextContext;
            task.Encode();
        }
    }

    private void Release(TranscriptionTask task)
    {
        foreach (var state in task.States)
            _freeStates.Push(state);
        _freeAudio.Push(task.Audio);
        task.Dispose();
    }
}
