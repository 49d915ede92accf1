using System.Runtime.InteropServices;
using Speech.Models.Batching;
using Speech.Models.Transformer;
using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Nllb;

/// <summary>
/// Searches for the target sequence of the best score. Each step ranks twice as many continuations as there are beams; those that end go to
/// a pool of finished hypotheses if they are among the first beams' worth, the others become the next beams. One beam is greedy search.
/// </summary>
/// <remarks>
/// Source: huggingface/transformers, <c>generation/beam_search.py</c>, BeamSearchScorer and BeamHypotheses; n-grams after
/// NoRepeatNGramLogitsProcessor. Tokens are kept as a tree, so that beams share their beginnings and a step copies no sequence.
/// </remarks>
internal sealed class BeamSearch
{
    private readonly CpuDevice _device;
    private readonly TranslationOptions _options;
    private readonly int _endToken;
    private readonly int _maximumLength;
    private readonly DecoderState[] _states;
    private readonly List<(int Token, int Parent)> _nodes;
    private readonly List<Candidate> _candidates = [];
    private readonly List<int> _parents = [];
    private readonly List<int> _sequence = [];
    private List<Beam> _beams = [];
    private List<Beam> _next = [];
    private int _length;

    /// <param name="prompt">The tokens that every target begins with: the start, then the language. They score nothing.</param>
    /// <param name="maximumLength">Of a target, prompt and end included.</param>
    /// <param name="states">One for each beam; the first has taken in the prompt but for its last token.</param>
    public BeamSearch(
        CpuDevice device, TranslationOptions options, ReadOnlySpan<int> prompt, int endToken, int maximumLength, DecoderState[] states)
    {
        _device = device;
        _options = options;
        _endToken = endToken;
        _maximumLength = maximumLength;
        _states = states;
        _nodes = [];
        foreach (var token in prompt)
            _nodes.Add((token, _nodes.Count - 1));
        _length = prompt.Length;
        _beams.Add(new Beam(_nodes.Count - 1, 0));
    }

    /// <summary>The finished hypotheses, best first.</summary>
    public List<(Beam Beam, double Score)> Finished { get; } = [];

    public bool IsDone { get; private set; }

    /// <summary>Open hypotheses: rows of the next step.</summary>
    public int Beams => _beams.Count;

    /// <summary>The last token of an open hypothesis, which enters the decoder next.</summary>
    public int LastToken(int beam) => _nodes[_beams[beam].Node].Token;

    public DecoderState State(int beam) => _states[beam];

    /// <summary>All tokens of a hypothesis, prompt included.</summary>
    public int[] Tokens(Beam beam)
    {
        Trace(beam.Node);
        return [.. _sequence];
    }

    /// <summary>Takes one step.</summary>
    /// <param name="logits">Row first + b is beam b's; overwritten.</param>
    public void Update(TensorView logits, int first)
    {
        Propose(logits, first);
        _length++;
        _parents.Clear();
        _next.Clear();
        for (var rank = 0; rank < _candidates.Count && _next.Count < _options.BeamSize; rank++)
        {
            var (beam, token, sum) = _candidates[rank];
            if (token == _endToken && rank >= _options.BeamSize)
                continue;
            var child = new Beam(_nodes.Count, sum);
            _nodes.Add((token, _beams[beam].Node));
            if (token == _endToken)
            {
                Finish(child);
                continue;
            }

            _parents.Add(beam);
            _next.Add(child);
        }

        (_beams, _next) = (_next, _beams);
        IsDone = _beams.Count == 0
            || (Finished.Count == _options.BeamSize && (_options.EarlyStopping || Finished[^1].Score >= Score(_candidates[0].Sum)));
        if (!IsDone && _length >= _maximumLength)
        {
            foreach (var beam in _beams)
                Finish(beam);
            IsDone = true;
        }

        if (!IsDone)
            BeamStates.Reorder(_states, CollectionsMarshal.AsSpan(_parents));
    }

    /// <summary>Fills <c>_candidates</c> with the best continuations of all beams, best first.</summary>
    private void Propose(TensorView logits, int first)
    {
        _candidates.Clear();
        Span<int> best = stackalloc int[2 * _options.BeamSize];
        for (var beam = 0; beam < _beams.Count; beam++)
        {
            var row = logits.Row(first + beam);
            var normaliser = _device.LogSumExp(row);
            ForbidRepeats(_beams[beam].Node, row);
            var count = TopTokens.Find(row, best);
            foreach (var token in best[..count])
                _candidates.Add(new Candidate(beam, token, _beams[beam].SumLogProbability + (row[token] - normaliser)));
        }

        _candidates.Sort(static (a, b) => a.Sum != b.Sum
            ? b.Sum.CompareTo(a.Sum) : a.Beam != b.Beam ? a.Beam.CompareTo(b.Beam) : a.Token.CompareTo(b.Token));
        if (_candidates.Count > best.Length)
            _candidates.RemoveRange(best.Length, _candidates.Count - best.Length);
    }

    /// <summary>Makes every token impossible that would repeat a run of tokens, the prompt's included.</summary>
    private void ForbidRepeats(int node, Span<float> logits)
    {
        var size = _options.NoRepeatNgramSize;
        if (size == 0 || _length < size)
            return;
        Trace(node);
        var tokens = CollectionsMarshal.AsSpan(_sequence);
        var last = tokens[(tokens.Length - size + 1)..];
        for (var start = 0; start + size <= tokens.Length; start++)
        {
            if (tokens.Slice(start, size - 1).SequenceEqual(last))
                logits[tokens[start + size - 1]] = float.NegativeInfinity;
        }
    }

    private void Finish(Beam beam)
    {
        var score = Score(beam.SumLogProbability);
        var place = Finished.Count;
        while (place > 0 && Finished[place - 1].Score < score)
            place--;
        Finished.Insert(place, (beam, score));
        if (Finished.Count > _options.BeamSize)
            Finished.RemoveAt(_options.BeamSize);
    }

    /// <summary>The start does not count as generated.</summary>
    private double Score(double sumLogProbability) => sumLogProbability / Math.Pow(_length - 1, _options.LengthPenalty);

    private void Trace(int node)
    {
        _sequence.Clear();
        for (; node >= 0; node = _nodes[node].Parent)
            _sequence.Add(_nodes[node].Token);
        _sequence.Reverse();
    }

    /// <summary>A hypothesis: the last of its tokens in the tree, and the sum of their log-probabilities.</summary>
    internal readonly record struct Beam(int Node, double SumLogProbability);

    private readonly record struct Candidate(int Beam, int Token, double Sum);
}
