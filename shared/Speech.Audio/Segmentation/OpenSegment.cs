namespace Speech.Audio.Segmentation;

/// <summary>What there is so far of the segment being spoken; without the silence at its end that would not be kept.</summary>
/// <param name="Samples">Valid until the segmenter is next pushed or flushed.</param>
public readonly record struct OpenSegment(long Segment, long StartSample, long EndSample, ReadOnlyMemory<float> Samples)
{
    public double StartSeconds => StartSample / (double)AudioRate.Model;

    public double EndSeconds => EndSample / (double)AudioRate.Model;
}
