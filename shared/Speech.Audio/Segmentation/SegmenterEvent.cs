namespace Speech.Audio.Segmentation;

public enum SegmenterEventKind
{
    /// <summary>There is enough speech for a segment to come; it has its number and start.</summary>
    SpeechStarted,

    /// <summary>The segment is whole.</summary>
    SegmentCompleted,
}

public enum SegmentEnd
{
    /// <summary>Not ended.</summary>
    None,
    Silence,

    /// <summary>At the greatest length; the next segment begins exactly where this one ends.</summary>
    Cut,
    Flush,
}

/// <param name="Segment">Number, counted up by one from segment to segment.</param>
/// <param name="StartSample">From the start of the client's audio, at 16 kHz; pre-roll included.</param>
/// <param name="EndSample">Exclusive. <see cref="SegmenterEventKind.SpeechStarted"/>: the end of what has been heard of it.</param>
/// <param name="Samples">The whole segment when completed, else empty. Valid until the segmenter is next pushed or flushed.</param>
public readonly record struct SegmenterEvent(
    SegmenterEventKind Kind, long Segment, long StartSample, long EndSample, ReadOnlyMemory<float> Samples, SegmentEnd EndedBy)
{
    public double StartSeconds => StartSample / (double)AudioRate.Model;

    public double EndSeconds => EndSample / (double)AudioRate.Model;
}
