using System.Text.Json.Serialization;

namespace Speech.Lab.Bench;

/// <summary>How many clips without speech yielded what.</summary>
/// <param name="WithSegments">Clips in which the detector heard speech.</param>
/// <param name="WithText">Clips that yielded any text, through detector, segmenter and engine: what a user would see.</param>
/// <param name="WithTextWithoutVad">Clips that yielded any text when the engine alone heard them whole.</param>
internal sealed record SilenceCounts(
    [property: JsonPropertyName("kind")] string Kind,
    [property: JsonPropertyName("clips")] int Clips,
    [property: JsonPropertyName("seconds")] double Seconds,
    [property: JsonPropertyName("with_segments")] int WithSegments,
    [property: JsonPropertyName("with_text")] int WithText,
    [property: JsonPropertyName("with_text_without_vad")] int WithTextWithoutVad)
{
    public static SilenceCounts Of(string kind, IReadOnlyCollection<HeardClip> heard) => new(
        kind,
        heard.Count,
        Math.Round(heard.Sum(clip => clip.Clip.Samples.Length / (double)SilenceClips.SampleRate), 1),
        heard.Count(clip => clip.Segments > 0),
        heard.Count(clip => clip.YieldsText),
        heard.Count(clip => clip.YieldsTextWithoutVad));
}

/// <summary>A text where none should be.</summary>
/// <param name="Vad">Whether it came through detector and segmenter.</param>
internal sealed record SilenceText(
    [property: JsonPropertyName("clip")] int Clip,
    [property: JsonPropertyName("kind")] string Kind,
    [property: JsonPropertyName("vad")] bool Vad,
    [property: JsonPropertyName("text")] string Text);

internal sealed record SilenceFigures(
    [property: JsonPropertyName("model")] string Model,
    [property: JsonPropertyName("seed")] int Seed,
    [property: JsonPropertyName("total")] SilenceCounts Total,
    [property: JsonPropertyName("kinds")] IReadOnlyList<SilenceCounts> Kinds,
    [property: JsonPropertyName("texts")] IReadOnlyList<SilenceText> Texts)
{
    public static SilenceFigures Of(string model, int seed, IReadOnlyList<HeardClip> heard) => new(
        model,
        seed,
        SilenceCounts.Of("all", heard),
        [.. from kind in SilenceClips.Kinds
            let ofKind = heard.Where(clip => clip.Clip.Kind == kind).ToList()
            where ofKind.Count > 0
            select SilenceCounts.Of(kind, ofKind)],
        [.. heard.SelectMany(TextsOf)]);

    private static IEnumerable<SilenceText> TextsOf(HeardClip heard)
    {
        foreach (var text in heard.SegmentTexts)
            yield return new SilenceText(heard.Clip.Index, heard.Clip.Kind, Vad: true, text);
        if (heard.YieldsTextWithoutVad)
            yield return new SilenceText(heard.Clip.Index, heard.Clip.Kind, Vad: false, heard.WholeText);
    }
}
