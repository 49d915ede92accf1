using Speech.Redis;

namespace Speech.Delivery.Dead;

/// <summary>A job that was given up, without its audio or text. What an entry does not say is null.</summary>
/// <param name="Stream">Where it came from, such as <c>audio_jobs</c>.</param>
/// <param name="Id">Its entry on the dead stream.</param>
/// <param name="Age">Since it was given up.</param>
/// <param name="Kind">"final" of audio; null of a translation.</param>
/// <param name="Language">Of a translation: the one asked for.</param>
/// <param name="Cause">For programs, such as "max_deliveries".</param>
/// <param name="Reason">For people.</param>
/// <param name="Deliveries">How often it was given to a worker.</param>
/// <param name="Retried">How often a person has put it back before.</param>
/// <param name="Cut">What the entry had, where it was larger than any job and its contents were not kept.</param>
public sealed record DeadJob(
    string Stream,
    StreamId Id,
    DateTimeOffset DiedAt,
    TimeSpan Age,
    string? ClientId,
    int? Segment,
    string? Kind,
    int? DurationMs,
    string? Language,
    string? Cause,
    string? Reason,
    int? Deliveries,
    int? Retried,
    string? Cut);
