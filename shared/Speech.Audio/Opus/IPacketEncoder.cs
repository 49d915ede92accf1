namespace Speech.Audio.Opus;

/// <summary>Samples to packets. Not thread-safe.</summary>
internal interface IPacketEncoder : IDisposable
{
    /// <summary>Samples by which what is decoded lags behind what was encoded.</summary>
    int LookaheadSamples { get; }

    /// <returns>The packet's length in bytes.</returns>
    int Encode(ReadOnlySpan<float> frame, Span<byte> packet);
}
