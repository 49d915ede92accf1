using Speech.Audio.Files;

namespace Speech.Testing;

/// <summary>The recordings that come with the checkout, with what is said in them and what whisper.cpp makes of them.</summary>
public static class Recordings
{
    /// <summary>A recording's set (folder), id, samples at 16 kHz, and the words spoken.</summary>
    public sealed record Recording(string Set, string Id, float[] Samples, string Text);

    /// <summary>
    /// whisper.cpp's result: tokens without the closing one, and for some recordings their log-probabilities (the closing one's last, if
    /// there).
    /// </summary>
    public sealed record Reference(string Set, string Id, string Text, int[] Tokens, float[] LogProbabilities);

    private const int EndOfText = 50256;

    private static readonly Lazy<IReadOnlyList<Recording>> Loaded = new(() => [.. Load("an4"), .. Load("fsdd-lucas")]);

    /// <summary>65 utterances of AN4 and 50 digits.</summary>
    public static IReadOnlyList<Recording> All => Loaded.Value;

    public static IReadOnlyList<Reference> References(string file) =>
        [.. from fields in Table($"tests/references/{file}")
            select new Reference(
                fields[0],
                fields[1],
                fields[2].Replace("\\n", "\n", StringComparison.Ordinal),
                [.. fields[3].Split(' ').Select(int.Parse).Where(token => token != EndOfText)],
                fields.Length > 4 ? [.. fields[4].Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    .Select(value => float.Parse(value, System.Globalization.CultureInfo.InvariantCulture))] : [])];

    /// <summary>60 s of utterances with pauses.</summary>
    public static float[] Long1 { get; } = Read("shared/recordings/long/long-1.wav");

    /// <summary>whisper.cpp's segments of <see cref="Long1"/>.</summary>
    public static IReadOnlyList<(double Start, double End, string Text)> LongReferences =>
        [.. from fields in Table("tests/references/whispercpp-reference-long.tsv") select (
            Number(fields[2]), Number(fields[3]), fields[4])];

    /// <summary>The samples at 16 kHz of a file given from the checkout's root.</summary>
    public static float[] Read(string relativePath) => AudioFile.Load(Checkout.Path(relativePath)).Samples;

    private static double Number(string text) => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static IEnumerable<Recording> Load(string set) =>
        from fields in Table($"shared/recordings/{set}/transcripts.tsv")
        select new Recording(set, fields[0], Read($"shared/recordings/{set}/{fields[1]}"), fields[2]);

    private static IEnumerable<string[]> Table(string path) =>
        File.ReadLines(Checkout.Path(path)).Skip(1).Where(line => line.Length > 0).Select(line => line.Split('\t'));
}
