namespace Speech.Delivery.Sessions;

/// <summary>How far a client's audio and results have got.</summary>
/// <param name="Segments">The number that the next segment gets.</param>
/// <param name="CommittedSeconds">The client's audio is safe, or was silence, up to here.</param>
/// <param name="Seq">The last that was given to a result; 0: none.</param>
/// <param name="Released">Results of the segments before this one have gone out.</param>
/// <param name="Translating">Translations that will follow transcripts that have gone out.</param>
public sealed record SessionState(
    int Segments, double CommittedSeconds, long Seq, int Released, IReadOnlyList<(int Segment, string Language)> Translating);
