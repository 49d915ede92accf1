namespace Speech.Lab.Speakers;

/// <summary>A recording of which it is known what is said in it.</summary>
/// <param name="Id">Its name, such as <c>an406-fcaw-b</c>.</param>
/// <param name="Person">Who speaks.</param>
/// <param name="Text">Words separated by single spaces.</param>
/// <param name="Samples">16 kHz mono in -1..1.</param>
internal sealed record Utterance(string Id, string Person, string Text, float[] Samples);

/// <summary>An utterance and where it lies in a stream, in seconds.</summary>
internal sealed record PlacedUtterance(Utterance Utterance, double Start, double End);
