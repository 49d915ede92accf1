namespace Speech.Models.Whisper.Timing;

/// <summary>Tells text that was said from text that was made up over silence, by how improbable, short or long its words are.</summary>
/// <remarks>Source: openai/whisper, <c>transcribe.py</c>, word_anomaly_score and is_segment_anomaly.</remarks>
internal static class HallucinationGuard
{
    private const string Punctuation = "\"'“¿([{-\"'.。,，!！?？:：”)]}、";

    public static bool IsAnomalous(TranscribedSegment? segment)
    {
        if (segment?.Words is not { Count: > 0 } words)
            return false;
        var judged = words.Where(word => !Punctuation.Contains(word.Text, StringComparison.Ordinal)).Take(8).ToArray();
        var score = judged.Sum(Score);
        return score >= 3 || score + 0.01 >= judged.Length;
    }

    private static double Score(TranscribedWord word)
    {
        var duration = word.End - word.Start;
        var score = word.Probability < 0.15 ? 1.0 : 0;
        if (duration < 0.133)
            score += (0.133 - duration) * 15;
        if (duration > 2)
            score += duration - 2;
        return score;
    }
}
