using Speech.Audio.Segmentation;
using Speech.Contracts.Jobs;
using Speech.Contracts.Sessions;
using Speech.Gateway.Audio;

namespace Speech.Gateway.Sessions;

/// <summary>Makes jobs of a client's segments.</summary>
/// <param name="traceId">Joins the session's log lines and jobs across processes.</param>
internal sealed class JobFactory(SessionParameters parameters, string traceId, TimeProvider time)
{
    /// <param name="segment">Completed; its samples are copied.</param>
    public AudioJob Final(in SegmenterEvent segment) =>
        Create(AudioJobKind.Final, segment.Segment, 0, segment.StartSeconds, segment.EndSeconds, segment.Samples);

    /// <param name="segment">Still open; its samples are copied.</param>
    /// <param name="revision">From 0, growing with the segment.</param>
    public AudioJob Interim(in OpenSegment segment, int revision) =>
        Create(AudioJobKind.Interim, segment.Segment, revision, segment.StartSeconds, segment.EndSeconds, segment.Samples);

    private AudioJob Create(AudioJobKind kind, long segment, int revision, double start, double end, ReadOnlyMemory<float> samples) => new()
    {
        ClientId = parameters.ClientId,
        Segment = checked((int)segment),
        Kind = kind,
        Revision = revision,
        Start = start,
        End = end,
        Language = parameters.Language,
        Prompt = parameters.Prompt,
        Translate = parameters.Translate,
        Words = parameters.Words,
        TraceId = traceId,
        CreatedAt = time.GetUtcNow(),
        Audio = SegmentAudio.ToPcm(samples.Span),
    };
}
