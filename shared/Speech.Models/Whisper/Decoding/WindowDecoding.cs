using System.Runtime.InteropServices;
using Speech.Models.Transformer;
using Speech.Tensors;

namespace Speech.Models.Whisper.Decoding;

/// <summary>
/// One attempt at a window, step by step: the prompt is taken in, in as many steps as its length needs, then the hypotheses grow until all
/// have ended. It owns no loop: the engine asks it for the rows of the next step and hands back their logits.
/// </summary>
internal sealed class WindowDecoding
{
    private readonly DecodingRules _rules;
    private readonly WhisperTokenizer _tokenizer;
    private readonly ITokenDecoder _decoder;
    private readonly EncoderMemory _audio;
    private readonly DecodingOptions _options;
    private readonly double _temperature;
    private readonly int[] _prompt;
    private readonly double _seconds;
    private readonly int _startOfTranscript;
    private readonly int _maximumTokens;
    private readonly List<Hypothesis> _hypotheses;
    private readonly List<Hypothesis> _ranOut = [];
    private int _promptTaken;
    private int _rowsOfStep;
    private float _noSpeechProbability;

    /// <param name="prompt">Earlier text, if any, then &lt;|startoftranscript|&gt; and what follows it.</param>
    /// <param name="seconds">Of sound in the window.</param>
    /// <param name="states">As many as there will be hypotheses at this temperature; their content is discarded.</param>
    public WindowDecoding(
        DecodingRules rules, EncoderMemory audio, double seconds, ReadOnlySpan<DecoderState> states, int[] prompt, DecodingOptions options,
        double temperature)
    {
        _rules = rules;
        _tokenizer = rules.Tokenizer;
        _audio = audio;
        _options = options;
        _temperature = temperature;
        _prompt = prompt;
        _seconds = seconds;
        _startOfTranscript = Array.LastIndexOf(prompt, _tokenizer.StartOfTranscript);
        _maximumTokens = Math.Min(rules.TextContext / 2, rules.TextContext - prompt.Length);
        var count = temperature > 0 ? options.BestOf : options.BeamSize;
        _decoder = temperature == 0 && options.BeamSize > 1
            ? new BeamSearchDecoder(rules.Device, _tokenizer.EndOfText, options.BeamSize, options.Patience)
            : new GreedyDecoder(rules.Device, _tokenizer.EndOfText, temperature, options.Seed);
        _hypotheses = [.. states[..count].ToArray().Select(state => new Hypothesis(state))];
        _hypotheses[0].State.Clear();
    }

    public bool IsFinished => _hypotheses.Count == 0;

    /// <summary>Whether its next step takes in prompt tokens, of which a step may take any number.</summary>
    public bool IsTakingPrompt => _promptTaken < _prompt.Length;

    /// <summary>Adds the rows of the next step.</summary>
    /// <param name="room">The most rows to add; at least the hypotheses.</param>
    public void AddRows(List<DecoderRow> rows, int room)
    {
        if (!IsTakingPrompt)
        {
            _rowsOfStep = _hypotheses.Count;
            foreach (var hypothesis in _hypotheses)
                rows.Add(new DecoderRow(_audio, hypothesis.State, hypothesis.Tokens[^1], WantLogits: true));
            return;
        }

        _rowsOfStep = Math.Min(room, _prompt.Length - _promptTaken);
        for (var i = _promptTaken; i < _promptTaken + _rowsOfStep; i++)
            rows.Add(
                new DecoderRow(_audio, _hypotheses[0].State, _prompt[i], WantLogits: i == _startOfTranscript || i == _prompt.Length - 1));
    }

    /// <summary>Takes the logits of the rows added last.</summary>
    /// <param name="logits">Of the whole step.</param>
    /// <param name="row">The first of this window's rows among them.</param>
    public void Accept(TensorView logits, int row)
    {
        if (!IsTakingPrompt)
        {
            Sample(new LogitRows(logits, row, shared: false));
            return;
        }

        var end = _promptTaken + _rowsOfStep;
        if (_startOfTranscript >= _promptTaken && _startOfTranscript < end)
        {
            var start = logits.Row(row);
            _noSpeechProbability = MathF.Exp(start[_tokenizer.NoSpeech] - _rules.Device.LogSumExp(start));
            row += _startOfTranscript < _prompt.Length - 1 ? 1 : 0;
        }

        _promptTaken = end;
        if (IsTakingPrompt)
            return;
        foreach (var hypothesis in _hypotheses.Skip(1))
            hypothesis.State.CopyFrom(_hypotheses[0].State);
        Sample(new LogitRows(logits, row, shared: true));
    }

    /// <summary>The best of those that ended and those that ran out, when finished.</summary>
    public WindowResult Result()
    {
        var best = _decoder.Finished.Concat(_ranOut).MaxBy(Score)!;
        var kept = RepetitionGuard.FindLoop(CollectionsMarshal.AsSpan(best.Tokens), _seconds) ?? best.Tokens.Count;
        var tokens = best.Tokens.Take(kept).ToArray();
        return new WindowResult(
            tokens, [.. best.LogProbabilities.Take(kept)], _tokenizer.Decode(tokens), _noSpeechProbability, _temperature, _seconds,
            Looped: kept < best.Tokens.Count);
    }

    private void Sample(LogitRows logits)
    {
        for (var i = 0; i < _hypotheses.Count; i++)
        {
            // Hypotheses that share a row have sampled nothing yet, so the rules are the same for all.
            if (i == 0 || _hypotheses[i].Tokens.Count > 0)
                _rules.Apply(logits[i], CollectionsMarshal.AsSpan(_hypotheses[i].Tokens), _options.Timestamps);
        }

        _decoder.Update(_hypotheses, logits);
        for (var i = _hypotheses.Count - 1; i >= 0; i--)
        {
            if (!HasRunOut(_hypotheses[i]))
                continue;
            _ranOut.Add(_hypotheses[i]);
            _hypotheses.RemoveAt(i);
        }
    }

    /// <summary>Whether a hypothesis that has not ended must: at the token limit, or in a loop.</summary>
    private bool HasRunOut(Hypothesis hypothesis) =>
        hypothesis.Tokens.Count >= _maximumTokens
            || RepetitionGuard.FindLoop(CollectionsMarshal.AsSpan(hypothesis.Tokens), _seconds) is not null;

    /// <summary>openai/whisper's MaximumLikelihoodRanker.</summary>
    private double Score(Hypothesis hypothesis)
    {
        var length = hypothesis.Tokens.Count(token => token != _tokenizer.EndOfText);
        var penalty = _options.LengthPenalty is { } alpha ? Math.Pow((5 + length) / 6.0, alpha) : Math.Max(1, length);
        return hypothesis.SumLogProbability / penalty;
    }
}
