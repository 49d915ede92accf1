using System.Runtime.InteropServices;
using Speech.Models.Transformer;
using Speech.Tensors;

namespace Speech.Models.Batching;

/// <summary>
/// Continuously batched decoding: requests are admitted while there is room, each <see cref="Step"/> advances all of them by one token in
/// one pass over the weights, and finished ones leave at once. Beams, draws and prompts are rows of the same batch. A sequence's arithmetic
/// does not depend on its neighbours, so its result does not either. For one caller at a time.
/// </summary>
public abstract class ContinuousBatch<TRequest, TResult> : IDisposable
    where TRequest : class
{
    // Rows left for prompts in every step beside one row for each hypothesis.
    private const int PromptRows = 16;
    private readonly IEncoderDecoder _model;
    private readonly Stack<DecoderState> _freeStates = [];
    private readonly Stack<EncoderMemory> _freeMemories = [];
    private readonly List<BatchedTask<TRequest, TResult>> _tasks = [];
    private readonly List<BatchedTask<TRequest, TResult>> _toEncode = [];
    private readonly List<DecoderRow> _rows = [];
    private readonly List<int> _firstLogits = [];
    private readonly Action<int> _accept;
    private TensorView _logits;

    /// <param name="sequences">The most sequences decoded at once.</param>
    private protected ContinuousBatch(IEncoderDecoder model, int sequences)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequences, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sequences, model.MaximumRows - PromptRows);
        _model = model;
        _accept = task => _tasks[task].Accept(_logits, _firstLogits[task]);
        Sequences = sequences;
        for (var sequence = 0; sequence < sequences; sequence++)
        {
            _freeStates.Push(model.NewDecoderState());
            _freeMemories.Push(model.NewEncoderMemory());
        }

        MaximumBytesPerSequence = _freeStates.Peek().MaximumBytes + _freeMemories.Peek().MaximumBytes;
    }

    /// <summary>Sequences that can be decoded at once. A request takes one, or as many as it has hypotheses.</summary>
    public int Sequences { get; }

    /// <summary>
    /// The most memory that a sequence's keys and values can take, of text and of what the encoder read; it is taken as sequences need it,
    /// and kept.
    /// </summary>
    public long MaximumBytesPerSequence { get; }

    /// <summary>Requests under way.</summary>
    public int Active => _tasks.Count;

    public int FreeSequences => _freeStates.Count;

    /// <summary>Whether there is room for a request now.</summary>
    public bool CanAdmit(TRequest request) => _freeMemories.Count > 0 && _freeStates.Count >= HypothesesOf(request);

    /// <summary>Takes a request in; it joins the batch at the next step.</summary>
    /// <exception cref="InvalidOperationException">Too few sequences are free: see <see cref="CanAdmit"/>.</exception>
    /// <exception cref="ArgumentException">The request makes no sense, asks for more sequences than there are, or for what the model cannot
    /// do.</exception>
    public void Admit(TRequest request)
    {
        Validate(request);
        var hypotheses = HypothesesOf(request);
        if (hypotheses > Sequences)
            throw new ArgumentException($"{hypotheses} beams or draws need as many sequences; there are {Sequences}.", nameof(request));
        if (!CanAdmit(request))
            throw new InvalidOperationException($"The request needs {hypotheses} sequences; {_freeStates.Count} of {Sequences} are free.");

        var states = new DecoderState[hypotheses];
        for (var i = 0; i < states.Length; i++)
            states[i] = _freeStates.Pop();
        _tasks.Add(NewTask(request, _freeMemories.Pop(), states));
    }

    /// <summary>
    /// Encodes what waits for it, as much as the encoder takes at once; advances every sequence by one token; hands over requests that are
    /// finished.
    /// </summary>
    public void Step(ICollection<(TRequest Request, TResult Result)> finished)
    {
        EncodeWaiting();
        _rows.Clear();
        _firstLogits.Clear();
        var (promised, wanted) = (0, 0);
        foreach (var task in _tasks)
            promised += task.MinimumRows;
        foreach (var task in _tasks)
        {
            promised -= task.MinimumRows;
            _firstLogits.Add(wanted);
            var first = _rows.Count;
            task.AddRows(_rows, room: Math.Max(1, _model.MaximumRows - first - promised));
            for (var row = first; row < _rows.Count; row++)
                wanted += _rows[row].WantLogits ? 1 : 0;
        }

        if (_rows.Count > 0)
        {
            // Rules, the choice of tokens and its normaliser read each row of logits several times; tasks have nothing in common there.
            _logits = _model.Decode(CollectionsMarshal.AsSpan(_rows));
            _model.Device.ForEach(_tasks.Count, _accept);
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

    /// <summary>Does all requests, as many sequences at once as there are, and returns the results in their order.</summary>
    private protected IReadOnlyList<TResult> Run(IReadOnlyList<TRequest> requests, CancellationToken cancellationToken)
    {
        var results = new Dictionary<TRequest, TResult>(ReferenceEqualityComparer.Instance);
        var finished = new List<(TRequest Request, TResult Result)>();
        for (var next = 0; results.Count < requests.Count;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            while (next < requests.Count && (Active == 0 || CanAdmit(requests[next])))
                Admit(requests[next++]);
            Step(finished);
            foreach (var (request, result) in finished)
                results.Add(request, result);
            finished.Clear();
        }

        return [.. requests.Select(request => results[request])];
    }

    /// <summary>Gives up a request under way, between two steps; its sequences are free at once.</summary>
    public void Abandon(TRequest request)
    {
        var index = _tasks.FindIndex(task => ReferenceEquals(task.Request, request));
        if (index < 0)
            throw new ArgumentException("The request is not under way.", nameof(request));
        Release(_tasks[index]);
        _tasks.RemoveAt(index);
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
        foreach (var memory in _freeMemories)
            memory.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Sequences that a request needs at most at once.</summary>
    private protected abstract int HypothesesOf(TRequest request);

    /// <exception cref="ArgumentException">The request makes no sense, or asks for what the model cannot do.</exception>
    private protected abstract void Validate(TRequest request);

    private protected abstract BatchedTask<TRequest, TResult> NewTask(TRequest request, EncoderMemory memory, DecoderState[] states);

    /// <summary>Encodes what these tasks wait for, in one pass.</summary>
    private protected abstract void Encode(IReadOnlyList<BatchedTask<TRequest, TResult>> tasks);

    /// <summary>
    /// In the order of admission and at most one full encoder pass a step, so that sequences under way are not held up for longer than
    /// that; at least one task, so that all get their turn.
    /// </summary>
    private void EncodeWaiting()
    {
        _toEncode.Clear();
        var room = _model.MaximumEncoderRows;
        foreach (var task in _tasks)
        {
            if (!task.NeedsEncoding)
                continue;
            if (task.EncoderPositions > room)
                break;
            room -= task.EncoderPositions;
            _toEncode.Add(task);
        }

        if (_toEncode.Count > 0)
            Encode(_toEncode);
    }

    private void Release(BatchedTask<TRequest, TResult> task)
    {
        foreach (var state in task.States)
            _freeStates.Push(state);
        _freeMemories.Push(task.Memory);
        task.Release();
    }
}
