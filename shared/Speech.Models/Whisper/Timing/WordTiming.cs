namespace Speech.Models.Whisper.Timing;

/// <summary>A word being timed: seconds from the start of its window.</summary>
internal sealed class WordTiming(string word, List<int> tokens, double start, double end, double probability)
{
    public string Word { get; set; } = word;

    public List<int> Tokens { get; } = tokens;

    public double Start { get; set; } = start;

    public double End { get; set; } = end;

    public double Probability => probability;
}
