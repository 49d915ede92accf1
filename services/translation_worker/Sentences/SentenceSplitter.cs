namespace Speech.TranslationWorker.Sentences;

/// <summary>
/// Cuts a text into sentences that a model can take. Nothing is lost: the pieces with what follows each are the text again, but for white
/// space before the first.
/// </summary>
internal static class SentenceSplitter
{
    // No token is longer, and no piece much longer than its tokens allow is looked at whole.
    private const int LongestWord = 256;

    /// <param name="text">Of any length.</param>
    /// <param name="countTokens">How many tokens the model makes of a piece.</param>
    /// <param name="maximumTokens">A sentence that has more is cut between words, and a word that has more, within.</param>
    public static IReadOnlyList<TextPiece> Split(string text, Func<string, int> countTokens, int maximumTokens)
    {
        var pieces = new List<TextPiece>();
        foreach (var sentence in Sentences(text))
        {
            if (sentence.Text.Length <= LongestWord * maximumTokens && countTokens(sentence.Text) <= maximumTokens)
                pieces.Add(sentence);
            else
                AddParts(pieces, sentence, countTokens, maximumTokens);
        }
        return pieces;
    }

    /// <summary>The sentences of a text, however long.</summary>
    public static IEnumerable<TextPiece> Sentences(string text)
    {
        var isGreek = text.AsSpan().ContainsAnyInRange('\u0370', '\u03ff');
        var start = SkipSpace(text, 0);
        for (var i = start; i < text.Length; i++)
        {
            var end = SentenceEnds.After(text, i, isGreek);
            if (end < 0)
                continue;
            var next = SkipSpace(text, end);
            yield return Piece(start, end, next);
            start = next;
            i = next - 1;
        }

        if (start < text.Length)
            yield return Piece(start, text.Length, text.Length);

        TextPiece Piece(int from, int to, int next)
        {
            to = from + text.AsSpan(from, to - from).TrimEnd().Length;
            return new TextPiece(text[from..to], text[to..next]);
        }
    }

    /// <summary>As many words in a piece as it holds. Tokens do not span words, so that these can be counted one by one.</summary>
    private static void AddParts(List<TextPiece> pieces, TextPiece sentence, Func<string, int> countTokens, int maximumTokens)
    {
        var text = sentence.Text;
        var overhead = countTokens("");
        var (start, end, tokens) = (0, 0, overhead);
        for (var word = 0; word < text.Length;)
        {
            var wordEnd = word;
            while (wordEnd < text.Length && !char.IsWhiteSpace(text[wordEnd]) && wordEnd - word < LongestWord)
                wordEnd++;
            wordEnd = Fit(text, word, wordEnd, countTokens, maximumTokens);
            var wordTokens = countTokens(text[word..wordEnd]) - overhead;
            if (end > start && tokens + wordTokens > maximumTokens)
            {
                pieces.Add(new TextPiece(text[start..end], text[end..word]));
                (start, tokens) = (word, overhead);
            }
            tokens += wordTokens;
            end = wordEnd;
            word = SkipSpace(text, wordEnd);
        }
        pieces.Add(new TextPiece(text[start..end], text[end..] + sentence.After));
    }

    /// <summary>As much of a word as a piece holds, a character at least.</summary>
    private static int Fit(string text, int start, int end, Func<string, int> countTokens, int maximumTokens)
    {
        while (end - start > 1 && countTokens(text[start..end]) > maximumTokens)
            end = start + ((end - start) / 2);
        return char.IsHighSurrogate(text[end - 1]) && end < text.Length && char.IsLowSurrogate(text[end])
            ? end - 1 > start ? end - 1 : end + 1
            : end;
    }

    private static int SkipSpace(string text, int position)
    {
        while (position < text.Length && char.IsWhiteSpace(text[position]))
            position++;
        return position;
    }
}
