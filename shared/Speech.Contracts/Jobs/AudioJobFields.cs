using Speech.Contracts.Sessions;

namespace Speech.Contracts.Jobs;

/// <summary>
/// The fields of an entry on <c>audio_jobs</c>: readable ones for people (<c>XRANGE</c>), and the job itself.
/// </summary>
public static class AudioJobFields
{
    public const string ClientId = "client_id";
    public const string Segment = "segment";

    /// <summary>"final" or "interim".</summary>
    public const string Kind = "kind";

    /// <summary>Whole milliseconds of audio.</summary>
    public const string DurationMs = "duration_ms";

    /// <summary>An <see cref="AudioJob"/> in MessagePack.</summary>
    public const string Job = "job";
}
