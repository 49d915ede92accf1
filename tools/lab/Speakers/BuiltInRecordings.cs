using Speech.Audio.Files;
using Speech.Evaluation;

namespace Speech.Lab.Speakers;

/// <summary>The recordings that come with Speech: people of CMU's AN4 corpus who spell, count and give commands.</summary>
internal static class BuiltInRecordings
{
    private const string Folder = "shared/recordings/an4";

    /// <exception cref="FileNotFoundException">They are not there.</exception>
    public static IReadOnlyList<Utterance> Load()
    {
        var folder = Installation.Find(Folder)
            ?? throw new FileNotFoundException($"The built-in recordings ({Folder}) are in no folder above {AppContext.BaseDirectory}: run from a checkout, or set SPEECH_HOME to it.");
        return [.. File.ReadLines(Path.Combine(folder, "transcripts.tsv")).Skip(1).Select(line => Read(folder, line.Split('\t')))];
    }

    // id, file, text, seconds; an id is the sentence, the person and "b" for both halves of the corpus: an406-fcaw-b.
    private static Utterance Read(string folder, string[] columns) => new(
        columns[0],
        columns[0].Split('-')[1],
        string.Join(' ', WordAlignment.Words(columns[2])),
        AudioFile.Load(Path.Combine(folder, columns[1])).Samples);
}
