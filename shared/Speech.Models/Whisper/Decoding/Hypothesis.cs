using Speech.Models.Transformer;

namespace Speech.Models.Whisper.Decoding;

/// <summary>One candidate transcript of a window.</summary>
internal sealed class Hypothesis(DecoderState state)
{
    /// <summary>The decoder's memory of it; changes hands between beams.</summary>
    public DecoderState State { get; set; } = state;

    /// <summary>Sampled tokens, the closing one included.</summary>
    public List<int> Tokens { get; } = [];

    /// <summary>ln p of each token among those allowed, not divided by the temperature.</summary>
    public List<float> LogProbabilities { get; } = [];

    public double SumLogProbability { get; private set; }

    public void Add(int token, float logProbability)
    {
        Tokens.Add(token);
        LogProbabilities.Add(logProbability);
        SumLogProbability += logProbability;
    }

    /// <summary>This sequence and one token more, in a state still to be given.</summary>
    public Hypothesis Extend(int token, float logProbability)
    {
        var child = new Hypothesis(State) { SumLogProbability = SumLogProbability };
        child.Tokens.AddRange(Tokens);
        child.LogProbabilities.AddRange(LogProbabilities);
        child.Add(token, logProbability);
        return child;
    }
}
