namespace Speech.Audio.Resampling;

/// <summary>Changes the sample rate of one mono stream, which is neither delayed nor cut at its ends by that. Not thread-safe.</summary>
internal interface IRateConverter : IDisposable
{
    /// <param name="input">Empty: the stream has ended, and what is held back is to come out.</param>
    (int Consumed, int Written) Process(ReadOnlySpan<float> input, Span<float> output);
}
