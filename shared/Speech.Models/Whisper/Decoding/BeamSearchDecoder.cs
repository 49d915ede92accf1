using System.Runtime.InteropServices;
using Speech.Models.Batching;
using Speech.Models.Transformer;
using Speech.Tensors.Cpu;

namespace Speech.Models.Whisper.Decoding;

/// <summary>
/// Keeps the best partial transcripts: each step every beam proposes its most probable next tokens, and the best of all proposals become
/// the new beams. Ends when patience·beams of them have ended.
/// </summary>
/// <remarks>Source: openai/whisper, <c>decoding.py</c>, BeamSearchDecoder; patience after Kasai et al. 2022.</remarks>
internal sealed class BeamSearchDecoder(CpuDevice device, int endOfText, int beamSize, double patience) : ITokenDecoder
{
    private readonly int _maximumFinished = Math.Max(1, (int)Math.Round(beamSize * patience));
    private readonly List<Hypothesis> _finished = [];
    private readonly List<DecoderState> _states = [];
    private readonly List<(double Score, int Beam, int Token, float LogProbability)> _proposals = [];

    public void Update(List<Hypothesis> hypotheses, LogitRows logits)
    {
        Propose(hypotheses, logits);
        var beams = new List<Hypothesis>(beamSize);
        var parents = new List<int>(beamSize);
        var ended = new List<Hypothesis>();
        foreach (var (_, beam, token, logProbability) in _proposals.OrderByDescending(proposal => proposal.Score))
        {
            var child = hypotheses[beam].Extend(token, logProbability);
            if (token == endOfText)
            {
                ended.Add(child);
                continue;
            }

            beams.Add(child);
            parents.Add(beam);
            if (beams.Count == hypotheses.Count)
                break;
        }

        _finished.AddRange(ended.Take(_maximumFinished - _finished.Count));
        if (_finished.Count >= _maximumFinished)
            beams.Clear();
        else
            HandOverStates(hypotheses, beams, parents);
        hypotheses.Clear();
        hypotheses.AddRange(beams);
    }

    public IReadOnlyList<Hypothesis> Finished => _finished;

    private void Propose(List<Hypothesis> hypotheses, LogitRows logits)
    {
        _proposals.Clear();
        Span<int> best = stackalloc int[beamSize + 1];
        for (var beam = 0; beam < hypotheses.Count; beam++)
        {
            // Before the first token all beams are the same sequence; equal proposals count once.
            if (beam > 0 && hypotheses[beam].Tokens.Count == 0)
                break;
            var row = logits[beam];
            var normaliser = device.LogSumExp(row);
            var count = TopTokens.Find(row, best);
            foreach (var token in best[..count])
            {
                var logProbability = row[token] - normaliser;
                _proposals.Add((hypotheses[beam].SumLogProbability + logProbability, beam, token, logProbability));
            }
        }
    }

    private void HandOverStates(List<Hypothesis> old, List<Hypothesis> beams, List<int> parents)
    {
        _states.Clear();
        foreach (var hypothesis in old)
            _states.Add(hypothesis.State);
        BeamStates.Reorder(CollectionsMarshal.AsSpan(_states), CollectionsMarshal.AsSpan(parents));
        for (var i = 0; i < beams.Count; i++)
            beams[i].State = _states[i];
    }
}
