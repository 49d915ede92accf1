using System.Text;

namespace Speech.Models.Whisper.Timing;

/// <summary>Groups text tokens into words.</summary>
/// <remarks>Source: openai/whisper, <c>tokenizer.py</c>, split_to_word_tokens.</remarks>
internal static class WordSplitter
{
    /// <summary>Written without spaces: every character is a word.</summary>
    private static readonly string[] Spaceless = ["zh", "ja", "th", "lo", "my", "yue"];

    /// <summary>Words with their tokens, in order; together they are all of <paramref name="tokens"/>.</summary>
    public static List<(string Word, List<int> Tokens)> Split(WhisperTokenizer tokenizer, IReadOnlyList<int> tokens, string language)
    {
        var characters = SplitOnCharacters(tokenizer, tokens);
        return Spaceless.Contains(language) ? characters : JoinWords(characters);
    }

    /// <summary>Splits wherever the tokens' bytes so far are whole characters.</summary>
    private static List<(string Word, List<int> Tokens)> SplitOnCharacters(WhisperTokenizer tokenizer, IReadOnlyList<int> tokens)
    {
        const char Replacement = '\uFFFD';
        var whole = tokenizer.Decode([.. tokens]);
        var words = new List<(string Word, List<int> Tokens)>();
        var current = new List<int>();
        var offset = 0;
        foreach (var token in tokens)
        {
            current.Add(token);
            var text = tokenizer.Decode([.. current]);

            // A replacement character may be the text's own.
            var broken = text.IndexOf(Replacement, StringComparison.Ordinal);
            if (broken >= 0 && (offset + broken >= whole.Length || whole[offset + broken] != Replacement))
                continue;
            words.Add((text, current));
            current = [];
            offset += text.Length;
        }

        if (current.Count > 0)
            words.Add((tokenizer.Decode([.. current]), current));
        return words;
    }

    /// <summary>A piece begins a word if it begins with a space, is punctuation, or is the first.</summary>
    private static List<(string Word, List<int> Tokens)> JoinWords(List<(string Word, List<int> Tokens)> pieces)
    {
        var words = new List<(StringBuilder Word, List<int> Tokens)>();
        foreach (var (piece, tokens) in pieces)
        {
            var isPunctuation = piece.Trim() is [var character] && char.IsAscii(character)
                && (char.IsPunctuation(character) || char.IsSymbol(character));
            if (words.Count == 0 || piece.StartsWith(' ') || isPunctuation)
            {
                words.Add((new StringBuilder(piece), tokens));
                continue;
            }

            words[^1].Word.Append(piece);
            words[^1].Tokens.AddRange(tokens);
        }

        return [.. words.Select(word => (word.Word.ToString(), word.Tokens))];
    }
}
