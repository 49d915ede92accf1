using System.Collections.Frozen;

namespace Speech.Evaluation;

/// <summary>British spellings to American ones; the table's format is in its head (EnglishSpellings.txt).</summary>
internal static class EnglishSpelling
{
    private static readonly FrozenDictionary<string, string> Americans = Load();

    public static int Count => Americans.Count;

    /// <summary>The American spelling of a lower-case word.</summary>
    public static string American(string word) => Americans.GetValueOrDefault(word, word);

    private static FrozenDictionary<string, string> Load()
    {
        using var stream = typeof(EnglishSpelling).Assembly.GetManifestResourceStream("EnglishSpellings.txt")!;
        using var reader = new StreamReader(stream);
        var spellings = new Dictionary<string, string>();
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
                continue;

            var (head, stems) = Split(line, ':');
            var (change, endings) = Split(head, ' ');
            var (british, american) = Split(change, '>');
            foreach (var stem in stems.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(OrEmpty))
            {
                foreach (var ending in endings.Split(',').Select(OrEmpty))
                    spellings.Add(stem + british + ending, stem + american + ending);
            }
        }

        return spellings.ToFrozenDictionary();
    }

    private static string OrEmpty(string text) => text == "-" ? "" : text;

    private static (string Before, string After) Split(string text, char separator)
    {
        var at = text.IndexOf(separator);
        return (text[..at], text[(at + 1)..]);
    }
}
