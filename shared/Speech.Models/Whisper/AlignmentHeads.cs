namespace Speech.Models.Whisper;

/// <summary>
/// The cross-attention heads, as (layer, head), whose attention follows the audio: published by OpenAI for each of its models.
/// </summary>
/// <remarks>Source: openai/whisper, <c>__init__.py</c>, _ALIGNMENT_HEADS; the same table is in whisper.cpp.</remarks>
internal static class AlignmentHeads
{
    /// <summary>
    /// Of the model with these dimensions; for one that is none of OpenAI's, all heads of the last half of the decoder's layers.
    /// </summary>
    public static IReadOnlyList<(int Layer, int Head)> Of(WhisperHyperParameters p) =>
        Published(p) is { } table ? Parse(table) : [.. from layer in Enumerable.Range(
            p.TextLayers / 2, p.TextLayers - (p.TextLayers / 2)) from head in Enumerable.Range(0, p.TextHeads) select (layer, head)];

    // large-v1 and large-v2 have the same dimensions; v2's heads serve both, as v1 is hardly used any more.
    private static string? Published(WhisperHyperParameters p) =>
        (p.TextState, p.AudioLayers, p.TextLayers, p.IsMultilingual, p.MelCount) switch
        {
            (384, 4, 4, false, 80) => "1,0 2,0 2,5 3,0 3,1 3,2 3,3 3,4",
            (384, 4, 4, true, 80) => "2,2 3,0 3,2 3,3 3,4 3,5",
            (512, 6, 6, false, 80) => "3,3 4,7 5,1 5,5 5,7",
            (512, 6, 6, true, 80) => "3,1 4,2 4,3 4,7 5,1 5,2 5,4 5,6",
            (768, 12, 12, false, 80) => "6,6 7,0 7,3 7,8 8,2 8,5 8,7 9,0 9,4 9,8 9,10 10,0 10,1 10,2 10,3 10,6 10,11 11,2 11,4",
            (768, 12, 12, true, 80) => "5,3 5,9 8,0 8,4 8,7 8,8 9,0 9,7 9,9 10,5",
            (1024, 24, 24, false, 80) =>
                "11,4 14,1 14,12 14,14 15,4 16,0 16,4 16,9 17,12 17,14 18,7 18,10 18,15 20,0 20,3 20,9 20,14 21,12",
            (1024, 24, 24, true, 80) => "13,15 15,4 15,15 16,1 20,0 23,4",
            (1280, 32, 32, true, 80) => "10,12 13,17 16,11 16,12 16,13 17,15 17,16 18,4 18,11 18,19 19,11 21,2 21,3 22,3 22,9 22,12 23,5 23,7 23,13 25,5 26,1 26,12 27,15",
            (1280, 32, 32, true, 128) => "7,0 10,17 12,18 13,12 16,1 17,14 19,11 21,4 24,1 25,6",
            (1280, 32, 4, true, 128) => "2,4 2,11 3,3 3,6 3,11 3,14",
            _ => null,
        };

    private static (int Layer, int Head)[] Parse(string table) =>
        [.. from pair in table.Split(' ') let comma = pair.IndexOf(',', StringComparison.Ordinal) select (
            int.Parse(pair[..comma]), int.Parse(pair[(comma + 1)..]))];
}
