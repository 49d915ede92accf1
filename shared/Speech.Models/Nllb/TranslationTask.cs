using Speech.Models.Batching;
using Speech.Models.Transformer;
using Speech.Tensors;

namespace Speech.Models.Nllb;

/// <summary>One text under way: encoded, then the prompt is taken in, then searched.</summary>
internal sealed class TranslationTask : BatchedTask<TranslationRequest, TranslatedText>
{
    private readonly NllbModel _model;
    private readonly int[] _prompt;
    private readonly BeamSearch _search;
    private bool _isEncoded;
    private int _promptTaken;
    private int _rowsOfStep;

    public TranslationTask(TranslationRequest request, NllbModel model, EncoderMemory memory, DecoderState[] states)
        : base(request, memory, states)
    {
        _model = model;
        _prompt = [model.Config.DecoderStart, request.TargetLanguage];
        _search = new BeamSearch(model.Device, request.Options, _prompt, model.Config.EndToken, model.MaximumLength(request), states);
        states[0].Clear();
    }

    public override bool NeedsEncoding => !_isEncoded;

    public override int EncoderPositions => Request.Source.Count;

    public override int MinimumRows => !_isEncoded ? 0 : IsTakingPrompt ? 1 : _search.Beams;

    public override bool IsFinished => _search.IsDone;

    private bool IsTakingPrompt => _promptTaken < _prompt.Length;

    public void Encoded() => _isEncoded = true;

    public override void AddRows(List<DecoderRow> rows, int room)
    {
        _rowsOfStep = !_isEncoded ? 0 : IsTakingPrompt ? Math.Min(room, _prompt.Length - _promptTaken) : _search.Beams;
        for (var row = 0; row < _rowsOfStep; row++)
        {
            var token = _promptTaken + row;
            rows.Add(IsTakingPrompt
                ? new DecoderRow(Memory, States[0], _prompt[token], WantLogits: token == _prompt.Length - 1)
                : new DecoderRow(Memory, _search.State(row), _search.LastToken(row), WantLogits: true));
        }
    }

    public override void Accept(TensorView logits, int row)
    {
        if (_rowsOfStep == 0)
            return;
        if (IsTakingPrompt)
            _promptTaken += _rowsOfStep;
        if (!IsTakingPrompt)
            _search.Update(logits, row);
    }

    public override void Advance()
    {
    }

    public override TranslatedText Result()
    {
        var (best, score) = _search.Finished[0];
        var ids = _search.Tokens(best);
        return new TranslatedText(
            _model.Tokenizer.Decode(ids), ids, best.SumLogProbability, Request.Options.BeamSize == 1 ? best.SumLogProbability : score);
    }
}
