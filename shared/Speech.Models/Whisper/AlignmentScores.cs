using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Whisper;

/// <summary>The alignment heads' scores over a run of decoder steps, one row per token: [heads][tokens, positions].</summary>
internal sealed class AlignmentScores : IDisposable
{
    private readonly IReadOnlyList<(int Layer, int Head)> _heads;
    private readonly Tensor[] _scores;
    private readonly int _positions;
    private int _tokens;
    private int _rowsOfStep;

    /// <param name="tokens">How many tokens will be taken in, over all steps.</param>
    /// <param name="positions">Audio positions.</param>
    public AlignmentScores(IReadOnlyList<(int Layer, int Head)> heads, int tokens, int positions)
    {
        const int WidestPanel = 32;
        _heads = heads;
        _positions = positions;
        _scores = [.. heads.Select(_ => new Tensor(tokens, (positions + WidestPanel - 1) / WidestPanel * WidestPanel))];
    }

    public int Heads => _heads.Count;

    /// <summary>One head's scores of one token, [positions].</summary>
    public ReadOnlySpan<float> Row(int head, int token) => _scores[head].Row(token)[.._positions];

    /// <summary>Called for every layer of a step, the first layer first.</summary>
    public void Add(CpuDevice device, int layer, TensorView query, KeyValueCache audio)
    {
        if (layer == 0)
        {
            _tokens += _rowsOfStep;
            _rowsOfStep = query.Rows;
        }

        for (var i = 0; i < _heads.Count; i++)
        {
            if (_heads[i].Layer == layer)
                device.Scores(query, audio, _heads[i].Head, _scores[i]
                    .View(_tokens * _scores[i].Columns, query.Rows, _positions, _scores[i].Columns));
        }
    }

    public void Dispose()
    {
        foreach (var scores in _scores)
            scores.Dispose();
    }
}
