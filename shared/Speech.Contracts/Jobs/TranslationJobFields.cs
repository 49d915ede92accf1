using Speech.Contracts.Sessions;

namespace Speech.Contracts.Jobs;

/// <summary>
/// The fields of an entry on <c>translation_jobs</c>: readable ones for people (<c>XRANGE</c>), and the job itself.
/// </summary>
public static class TranslationJobFields
{
    public const string ClientId = "client_id";
    public const string Segment = "segment";

    /// <summary>The one that is wanted, as the client wrote it.</summary>
    public const string Language = "language";

    /// <summary>A <see cref="TranslationJob"/> in MessagePack.</summary>
    public const string Job = "job";
}
