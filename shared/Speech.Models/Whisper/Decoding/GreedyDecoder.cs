using System.Numerics.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Whisper.Decoding;

/// <summary>Each hypothesis for itself: the most probable token at temperature 0, else a draw from softmax(logits/temperature).</summary>
/// <remarks>Source: openai/whisper, <c>decoding.py</c>, GreedyDecoder.</remarks>
internal sealed class GreedyDecoder(CpuDevice device, int endOfText, double temperature, int seed) : ITokenDecoder
{
    private readonly Random _random = new(seed);
    private readonly List<Hypothesis> _finished = [];
    private readonly Predicate<Hypothesis> _hasEnded = hypothesis => hypothesis.Tokens[^1] == endOfText;
    private float[] _probabilities = [];

    public void Update(List<Hypothesis> hypotheses, LogitRows logits)
    {
        for (var i = 0; i < hypotheses.Count; i++)
        {
            var row = logits[i];
            var token = temperature == 0 ? device.IndexOfMax(row) : Draw(row);
            hypotheses[i].Add(token, row[token] - device.LogSumExp(row));
            if (token == endOfText)
                _finished.Add(hypotheses[i]);
        }

        hypotheses.RemoveAll(_hasEnded);
    }

    public IReadOnlyList<Hypothesis> Finished => _finished;

    private int Draw(ReadOnlySpan<float> logits)
    {
        if (_probabilities.Length < logits.Length)
            _probabilities = new float[logits.Length];
        var probabilities = _probabilities.AsSpan(0, logits.Length);
        TensorPrimitives.Multiply(logits, (float)(1 / temperature), probabilities);
        TensorPrimitives.Subtract(probabilities, TensorPrimitives.Max<float>(probabilities), probabilities);
        TensorPrimitives.Exp(probabilities, probabilities);
        var point = _random.NextDouble() * TensorPrimitives.Sum<float>(probabilities);
        var last = 0;
        for (var token = 0; token < probabilities.Length; token++)
        {
            if (probabilities[token] == 0)
                continue;
            last = token;
            if ((point -= probabilities[token]) < 0)
                break;
        }

        return last;
    }
}
