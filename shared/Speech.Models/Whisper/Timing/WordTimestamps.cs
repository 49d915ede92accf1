namespace Speech.Models.Whisper.Timing;

/// <summary>
/// Turns aligned tokens into the words of segments: over-long words at pauses are shortened, punctuation joins its word, segments end with
/// their words.
/// </summary>
/// <remarks>Source: openai/whisper, <c>timing.py</c>, add_word_timestamps and merge_punctuations.</remarks>
internal static class WordTimestamps
{
    private const string Prepended = "\"'“¿([{-";
    private const string Appended = "\"'.。,，!！?？:：”)]}、";
    private const string SentenceEnds = ".。!！?？";

    /// <param name="segments">Of one window; those without text get no words.</param>
    /// <param name="alignment">The words of all segments together; changed.</param>
    /// <param name="windowStart">Seconds.</param>
    /// <param name="lastSpeechEnd">Where the last word before this window ended, in seconds; moved on.</param>
    /// <param name="endOfText">Text tokens are below it.</param>
    public static List<TranscribedSegment> Add(
        IReadOnlyList<TranscribedSegment> segments, List<WordTiming> alignment, double windowStart, ref double lastSpeechEnd, int endOfText)
    {
        var durations = alignment.Select(word => word.End - word.Start).Where(duration => duration > 0).Order().ToArray();
        var median = durations.Length == 0
            ? 0 : Math.Min(0.7, (durations[(durations.Length - 1) / 2] + durations[durations.Length / 2]) / 2);
        var longest = median * 2;
        if (durations.Length > 0)
            ShortenAtSentenceEnds(alignment, longest);
        MergePunctuation(alignment);

        var result = new List<TranscribedSegment>();
        var next = 0;
        foreach (var segment in segments)
        {
            var textTokens = segment.Tokens.Count(token => token < endOfText);
            var words = new List<WordTiming>();
            for (var taken = 0; next < alignment.Count && taken < textTokens; next++)
            {
                var timing = alignment[next];
                taken += timing.Tokens.Count;
                if (timing.Word.Length > 0)
                    words.Add(new WordTiming(timing.Word, timing.Tokens, Math.Round(windowStart + timing.Start, 2), Math.Round(
                        windowStart + timing.End, 2), timing.Probability));
            }

            result.Add(words.Count == 0 ? segment with { Words = [] } : Fit(segment, words, median, longest, ref lastSpeechEnd));
        }

        return result;
    }

    private static void ShortenAtSentenceEnds(List<WordTiming> alignment, double longest)
    {
        for (var i = 1; i < alignment.Count; i++)
        {
            var (before, word) = (alignment[i - 1], alignment[i]);
            if (word.End - word.Start <= longest)
                continue;
            if (IsOneOf(word.Word, SentenceEnds))
                word.End = word.Start + longest;
            else if (IsOneOf(before.Word, SentenceEnds))
                word.Start = word.End - longest;
        }
    }

    private static void MergePunctuation(List<WordTiming> alignment)
    {
        for (int i = alignment.Count - 2, following = alignment.Count - 1; i >= 0; i--)
        {
            var word = alignment[i];
            if (!word.Word.StartsWith(' ') || !IsOneOf(word.Word.Trim(), Prepended))
            {
                following = i;
                continue;
            }

            alignment[following].Word = word.Word + alignment[following].Word;
            alignment[following].Tokens.InsertRange(0, word.Tokens);
            word.Word = "";
            word.Tokens.Clear();
        }

        for (int i = 1, previous = 0; i < alignment.Count; i++)
        {
            var word = alignment[i];
            if (alignment[previous].Word.EndsWith(' ') || !IsOneOf(word.Word, Appended))
            {
                previous = i;
                continue;
            }

            alignment[previous].Word += word.Word;
            alignment[previous].Tokens.AddRange(word.Tokens);
            word.Word = "";
            word.Tokens.Clear();
        }
    }

    /// <summary>
    /// Shortens a first word that reaches back over a pause, then lets segment and words begin and end together unless they differ by half
    /// a second.
    /// </summary>
    private static TranscribedSegment Fit(
        TranscribedSegment segment, List<WordTiming> words, double median, double longest, ref double lastSpeechEnd)
    {
        var (first, last) = (words[0], words[^1]);
        var second = words.Count > 1 ? words[1] : null;
        if (first.End - lastSpeechEnd > median * 4
            && (first.End - first.Start > longest || (second is not null && second.End - first.Start > longest * 2)))
        {
            if (second is not null && second.End - second.Start > longest)
                first.End = second.Start = Math.Max(second.End / 2, second.End - longest);
            first.Start = Math.Max(0, first.End - longest);
        }

        var (start, end) = (segment.Start, segment.End);
        if (start < first.End && start - 0.5 > first.Start)
            first.Start = Math.Max(0, Math.Min(first.End - median, start));
        else
            start = first.Start;
        if (end > last.Start && end + 0.5 < last.End)
            last.End = Math.Max(last.Start + median, end);
        else
            end = last.End;

        lastSpeechEnd = end;
        return segment with
        {
            Start = start,
            End = end,
            Words = [.. words.Select(word => new TranscribedWord(word.Word, word.Start, word.End, word.Probability))],
        };
    }

    private static bool IsOneOf(string word, string marks) => word.Length == 1 && marks.Contains(word[0], StringComparison.Ordinal);
}
